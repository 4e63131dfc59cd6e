using System.IO.Compression;
using System.Text.Json;

namespace Calls.Server.Tests.EndToEnd.Testing;

/// <summary>Session descriptions that a browser made, as its signaling sends them.</summary>
internal static class Offer
{
    /// <summary>The JSON of a recorded first offer of Chromium: a data channel, nothing else.</summary>
    public static byte[] FirstOfChromium() => FromFile("chromium-client-offer-dc.sdp");

    /// <summary>The JSON of a recorded offer.</summary>
    /// <param name="file">Below <c>tests/fixtures/sdp</c>.</param>
    public static byte[] FromFile(string file) =>
        JsonSerializer.SerializeToUtf8Bytes(new { type = "offer", sdp = File.ReadAllText(Path.Combine(Root(), "tests/fixtures/sdp", file)) });

    /// <summary>A zlib stream (RFC 1950).</summary>
    public static byte[] Deflate(ReadOnlySpan<byte> json)
    {
        using var compressed = new MemoryStream();
        using (var stream = new ZLibStream(compressed, CompressionLevel.Optimal))
        {
            stream.Write(json);
        }

        return compressed.ToArray();
    }

    /// <summary>The data of an <c>sdp</c> action.</summary>
    public static Dictionary<string, object?> AsData(ReadOnlySpan<byte> json) => new() { ["data"] = Deflate(json) };

    internal static string Root()
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Plugin.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("Plugin.sln is in no parent folder.");
        }

        return folder.FullName;
    }
}
