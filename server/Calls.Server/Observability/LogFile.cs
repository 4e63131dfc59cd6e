using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Calls.Server.Observability;

/// <summary>A file that log lines are appended to. At its limit it is put away compressed under the time, and begun anew.</summary>
/// <remarks>Owned by one writer.</remarks>
internal sealed class LogFile(string path, long maxBytes, TimeProvider time) : IDisposable
{
    private FileStream? _stream;

    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be written.</exception>
    public void Open() => _stream ??= new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);

    public void WriteLine(string line)
    {
        Open();
        _stream!.Write(Encoding.UTF8.GetBytes(line + "\n"));
        if (_stream.Length >= maxBytes)
        {
            PutAway();
        }
    }

    public void Flush() => _stream?.Flush();

    public void Dispose()
    {
        _stream?.Dispose();
        _stream = null;
    }

    private void PutAway()
    {
        Dispose();
        string moment = time.GetUtcNow().ToString("yyyy-MM-ddTHH-mm-ss.fff", CultureInfo.InvariantCulture);
        string away = Path.Combine(Path.GetDirectoryName(path) ?? "", $"{Path.GetFileNameWithoutExtension(path)}-{moment}{Path.GetExtension(path)}");
        File.Move(path, away, overwrite: true);
        using (FileStream from = File.OpenRead(away))
        using (FileStream to = File.Create(away + ".gz"))
        using (var packed = new GZipStream(to, CompressionLevel.Fastest))
        {
            from.CopyTo(packed);
        }

        File.Delete(away);
    }
}
