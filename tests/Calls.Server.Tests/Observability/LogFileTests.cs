using System.IO.Compression;
using Calls.Server.Observability;
using Microsoft.Extensions.Logging;

namespace Calls.Server.Tests.Observability;

public sealed class LogFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("calls-log-").FullName;
    private readonly ManualTime _time = new();

    private string Path => System.IO.Path.Combine(_folder, "rtcd.log");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_full_file_is_put_away_compressed_and_begun_anew()
    {
        using (var log = new LogFile(Path, maxBytes: 100, _time))
        {
            for (int i = 0; i < 25; i++)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                log.WriteLine($"line {i:D4}"); // 10 bytes
            }
        }

        string[] away = [.. Directory.GetFiles(_folder, "rtcd-*.log.gz").Order(StringComparer.Ordinal)];
        Assert.Equal(2, away.Length);
        Assert.Equal(Enumerable.Range(0, 10).Select(static i => $"line {i:D4}"), Unpack(away[0]));
        Assert.Equal(Enumerable.Range(10, 10).Select(static i => $"line {i:D4}"), Unpack(away[1]));
        Assert.Equal(Enumerable.Range(20, 5).Select(static i => $"line {i:D4}"), File.ReadAllLines(Path));
        Assert.Equal(3, Directory.GetFiles(_folder).Length);
    }

    [Fact]
    public void A_file_that_is_there_is_continued()
    {
        File.WriteAllText(Path, "before\n");
        using (var log = new LogFile(Path, maxBytes: 100, _time))
        {
            log.WriteLine("after");
        }

        Assert.Equal(["before", "after"], File.ReadAllLines(Path));
    }

    [Theory]
    [InlineData(true, "{\"timestamp\":\"2026-01-01 00:00:00.000 Z\",\"level\":\"warn\",\"msg\":\"two\\nlines\",\"caller\":\"Calls.Test\"}")]
    [InlineData(false, "[2026-01-01 00:00:00.000 Z] warn two lines caller=\"Calls.Test\"")]
    public void A_line_is_one_line_whatever_it_says(bool asJson, string expected)
    {
        using (var logging = new FileLogging(new LogFile(Path, maxBytes: 1_000, _time), LogLevel.Information, asJson, _time))
        {
            ILogger log = logging.CreateLogger("Calls.Test");
            log.LogDebug("not severe enough");
            log.LogWarning("two\nlines");
        }

        Assert.Equal([expected], File.ReadAllLines(Path));
    }

    private static string[] Unpack(string file)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress));
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
