using System.Xml.Linq;

namespace Calls.Architecture.Tests;

/// <summary>Which project may know which. Calls.MessagePack is a leaf codec that every project that speaks it may use.</summary>
public sealed class ProjectReferenceTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Calls.MessagePack"] = [],
        ["Calls.Rtc"] = ["Calls.MessagePack"],
        ["Calls.Rtcd.Protocol"] = ["Calls.MessagePack"],
        ["Calls.Domain"] = [],
        ["Calls.StandIn"] = ["Calls.MessagePack"],
        ["Calls.Server"] = ["Calls.MessagePack", "Calls.Rtc", "Calls.Rtcd.Protocol", "Calls.Domain", "Calls.StandIn"],
    };

    public static TheoryData<string> Projects() =>
        [.. Directory.GetDirectories(Path.Combine(SourceTree.Root, "server")).Select(Path.GetFileName).OfType<string>()];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_is_below_it(string project)
    {
        XElement file = XElement.Load(Path.Combine(SourceTree.Root, "server", project, project + ".csproj"));
        IEnumerable<string?> references = file.Descendants("ProjectReference")
            .Select(static reference => Path.GetFileNameWithoutExtension((string?)reference.Attribute("Include")));

        Assert.True(Allowed.ContainsKey(project), $"{project} is not in the table of allowed references.");
        Assert.All(references, reference => Assert.Contains(reference, Allowed[project]));
    }

    [Fact]
    public void The_media_stack_uses_the_base_class_library_only()
    {
        XElement file = XElement.Load(Path.Combine(SourceTree.Root, "server/Calls.Rtc/Calls.Rtc.csproj"));

        Assert.Empty(file.Descendants("PackageReference"));
        Assert.Empty(file.Descendants("FrameworkReference"));
    }

    [Fact]
    public void Every_package_is_pinned_centrally_with_a_reason()
    {
        string[] lines = File.ReadAllLines(Path.Combine(SourceTree.Root, "Directory.Packages.props"));

        Assert.All(
            lines.Where(static line => line.Contains("<PackageVersion", StringComparison.Ordinal)),
            static line => Assert.Matches("<!-- .{10,} -->", line));
    }
}
