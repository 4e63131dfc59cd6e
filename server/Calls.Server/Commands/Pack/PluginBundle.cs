using System.Formats.Tar;
using System.IO.Compression;

namespace Calls.Server.Commands.Pack;

/// <summary>Writes a bundle as Mattermost unpacks it: one folder with the plugin's name in a tar.gz.</summary>
internal static class PluginBundle
{
    private const string Folder = "com.mattermost.calls/";
    private const string Manifest = "plugin.json";
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <returns>How many files it has.</returns>
    /// <exception cref="IOException">A file cannot be read or written, or the release is none; the text says which.</exception>
    public static async Task<int> WriteAsync(string? release, string output, string version, bool keepsSecrets, CancellationToken cancellation)
    {
        string unfinished = output + ".part";
        try
        {
            int files;
            await using (FileStream file = File.Create(unfinished))
            await using (var gzip = new GZipStream(file, CompressionLevel.Optimal))
            await using (var tar = new TarWriter(gzip, TarEntryFormat.Pax))
            {
                files = release is null
                    ? await WriteShimAsync(tar, version, keepsSecrets, cancellation)
                    : await WriteReleaseAsync(tar, release, version, keepsSecrets, cancellation);
            }

            File.Move(unfinished, output, overwrite: true);
            return files;
        }
        catch (InvalidDataException unusable)
        {
            throw new IOException($"{release} cannot be used as a Calls release: {unusable.Message}", unusable);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    private static async Task<int> WriteShimAsync(TarWriter tar, string version, bool keepsSecrets, CancellationToken cancellation)
    {
        using var reader = new StreamReader(Embedded("manifest.json"));
        byte[] manifest = PluginManifest.WithoutServer(await reader.ReadToEndAsync(cancellation), version, keepsSecrets);
        await AddAsync(tar, Manifest, new MemoryStream(manifest), cancellation);
        await AddAsync(tar, "webapp/dist/main.js", Embedded("plugin/main.js"), cancellation);
        return 2;
    }

    private static async Task<int> WriteReleaseAsync(TarWriter tar, string release, string version, bool keepsSecrets, CancellationToken cancellation)
    {
        int files = 0;
        bool hasManifest = false;
        await foreach ((string path, Stream content) in ReadAsync(release, cancellation))
        {
            // Without a server part Mattermost leaves the plugin's routes to this service.
            if (path.StartsWith("server/", StringComparison.Ordinal))
            {
                continue;
            }

            Stream written = content;
            if (path == Manifest)
            {
                using var reader = new StreamReader(content, leaveOpen: true);
                written = new MemoryStream(PluginManifest.WithoutServer(await reader.ReadToEndAsync(cancellation), version, keepsSecrets));
                hasManifest = true;
            }

            await AddAsync(tar, path, written, cancellation);
            files++;
        }

        return hasManifest ? files : throw new InvalidDataException("it has no plugin.json");
    }

    private static IAsyncEnumerable<(string Path, Stream Content)> ReadAsync(string release, CancellationToken cancellation) =>
        Directory.Exists(release) ? ReadFolderAsync(release) : ReadArchiveAsync(release, cancellation);

    private static async IAsyncEnumerable<(string Path, Stream Content)> ReadFolderAsync(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            await using FileStream content = File.OpenRead(file);
            yield return (Path.GetRelativePath(folder, file).Replace('\\', '/'), content);
        }
    }

    private static async IAsyncEnumerable<(string Path, Stream Content)> ReadArchiveAsync(
        string archive, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        await using FileStream file = File.OpenRead(archive);
        await using var gzip = new GZipStream(file, CompressionMode.Decompress);
        await using var tar = new TarReader(gzip);
        while (await tar.GetNextEntryAsync(copyData: false, cancellation) is { } entry)
        {
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile && entry.DataStream is { } content)
            {
                yield return (WithoutFolder(entry.Name), content);
            }
        }
    }

    // The official archives have one folder at the top.
    private static string WithoutFolder(string name)
    {
        string path = name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name;
        return path.StartsWith(Folder, StringComparison.Ordinal) ? path[Folder.Length..] : path;
    }

    private static async Task AddAsync(TarWriter tar, string path, Stream content, CancellationToken cancellation)
    {
        var copied = new MemoryStream();
        await content.CopyToAsync(copied, cancellation);
        copied.Position = 0;
        var entry = new PaxTarEntry(TarEntryType.RegularFile, Folder + path) { DataStream = copied, Mode = Mode, ModificationTime = DateTimeOffset.UnixEpoch };
        await tar.WriteEntryAsync(entry, cancellation);
    }

    private static Stream Embedded(string name) => typeof(PluginBundle).Assembly.GetManifestResourceStream(name)
        ?? throw new InvalidOperationException($"{name} is not part of this build.");
}
