using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Calls.Server.Commands.Pack;
using Calls.StandIn;

namespace Calls.Server.Tests.Commands;

/// <summary>The bundle to upload to Mattermost (mattermost-integration.md 5.1).</summary>
public sealed class PackTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("calls-pack-").FullName;

    private string Output => Path.Combine(_folder, "bundle.tar.gz");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    [Trait("Spec", "configuration-35")]
    public async Task Mattermost_takes_the_bundle_and_tells_clients_of_it()
    {
        await using CallsProcess process = CallsProcess.Start(_folder, new Dictionary<string, string>(), "pack", "--output", Output);
        Assert.Equal(0, await process.ExitAsync());
        Assert.Contains("com.mattermost.calls 99.0.0, 2 files, without a server part.", process.Output, StringComparison.Ordinal);

        await using StandInMattermost mattermost = await StandInMattermost.StartAsync(new(), CancellationToken.None);
        mattermost.SetConfig("PluginSettings", "EnableUploads", true);
        using var http = new HttpClient { BaseAddress = mattermost.Url };
        using var upload = new HttpRequestMessage(HttpMethod.Post, "/api/v4/plugins") { Headers = { Authorization = new("Bearer", mattermost.LogIn("sysadmin")) } };
        using var form = new MultipartFormDataContent { { new ByteArrayContent(await File.ReadAllBytesAsync(Output)), "plugin", "bundle.tar.gz" } };
        upload.Content = form;
        using HttpResponseMessage taken = await http.SendAsync(upload);
        string listed = await http.GetStringAsync(new Uri(mattermost.Url, "/api/v4/plugins/webapp"));

        Assert.Equal(HttpStatusCode.Created, taken.StatusCode);
        JsonElement plugin = JsonDocument.Parse(listed).RootElement.EnumerateArray().Single();
        Assert.Equal(("com.mattermost.calls", "99.0.0"), (plugin.GetProperty("id").GetString(), plugin.GetProperty("version").GetString()));
        Assert.False(plugin.TryGetProperty("server", out _));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_release_loses_its_server_part_and_its_secrets(bool isArchive)
    {
        string release = isArchive ? await ArchiveAsync() : Unpack();

        int files = await PluginBundle.WriteAsync(release, Output, "99.1.0", keepsSecrets: false, CancellationToken.None);

        Dictionary<string, string> bundle = await ReadAsync();
        Assert.Equal(3, files);
        Assert.Equal(["plugin.json", "standalone/dist/widget.html", "webapp/dist/main.js"], bundle.Keys.Order());
        JsonElement manifest = JsonDocument.Parse(bundle["plugin.json"]).RootElement;
        Assert.Equal("99.1.0", manifest.GetProperty("version").GetString());
        Assert.False(manifest.TryGetProperty("server", out _));
        Assert.DoesNotContain("secret", bundle["plugin.json"], StringComparison.Ordinal);
        Assert.Equal("the web app", bundle["webapp/dist/main.js"]);
    }

    [Fact]
    public async Task Secrets_are_kept_on_request()
    {
        await PluginBundle.WriteAsync(null, Output, "99.0.0", keepsSecrets: true, CancellationToken.None);

        Assert.Contains("\"secret\": true", (await ReadAsync())["plugin.json"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pack --version v1", 2, "--version takes a semantic version without a v")]
    [InlineData("pack --release nowhere.tar.gz", 1, "nowhere.tar.gz")]
    [InlineData("pack --release empty", 1, "empty cannot be used as a Calls release: it has no plugin.json")]
    public async Task What_cannot_be_packed_is_named(string arguments, int code, string says)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "empty"));
        await using CallsProcess process = CallsProcess.Start(_folder, new Dictionary<string, string>(), arguments.Split(' '));

        Assert.Equal(code, await process.ExitAsync());
        Assert.Contains(says, process.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    private string Unpack()
    {
        string release = Path.Combine(_folder, "release");
        foreach ((string path, string content) in Release())
        {
            string file = Path.Combine(release, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, content);
        }

        return release;
    }

    private async Task<string> ArchiveAsync()
    {
        string archive = Path.Combine(_folder, "release.tar.gz");
        await using FileStream file = File.Create(archive);
        await using var gzip = new GZipStream(file, CompressionLevel.Fastest);
        await using var tar = new TarWriter(gzip);
        foreach ((string path, string content) in Release())
        {
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "com.mattermost.calls/" + path) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) });
        }

        return archive;
    }

    private static IEnumerable<(string Path, string Content)> Release() =>
    [
        ("plugin.json", """{"id":"com.mattermost.calls","version":"1.12.0","server":{"executables":{}},"webapp":{"bundle_path":"webapp/dist/main.js"},"settings_schema":{"settings":[{"key":"A","secret":true}],"sections":[{"settings":[{"key":"A","secret":true}]}]}}"""),
        ("server/dist/plugin-linux-amd64", "a program"),
        ("webapp/dist/main.js", "the web app"),
        ("standalone/dist/widget.html", "a page"),
    ];

    private async Task<Dictionary<string, string>> ReadAsync()
    {
        var files = new Dictionary<string, string>();
        await using FileStream file = File.OpenRead(Output);
        await using var gzip = new GZipStream(file, CompressionMode.Decompress);
        await using var tar = new TarReader(gzip);
        while (await tar.GetNextEntryAsync() is { } entry)
        {
            Assert.StartsWith("com.mattermost.calls/", entry.Name, StringComparison.Ordinal);
            files[entry.Name["com.mattermost.calls/".Length..]] = await new StreamReader(entry.DataStream!).ReadToEndAsync();
        }

        return files;
    }
}
