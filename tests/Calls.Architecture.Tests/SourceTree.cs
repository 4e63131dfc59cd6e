namespace Calls.Architecture.Tests;

/// <summary>The repository's files, found from where the tests run.</summary>
internal static class SourceTree
{
    public static string Root { get; } = FindRoot();

    /// <summary>Hand-written C# files below a folder, as paths relative to the root.</summary>
    public static IEnumerable<string> CSharp(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
            .Select(static file => Path.GetRelativePath(Root, file))
            .Where(static file => !file.Split('/').Any(static part => part is "obj" or "bin"));

    private static string FindRoot()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Plugin.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Plugin.sln was not found above the tests.");
        }

        return folder;
    }
}
