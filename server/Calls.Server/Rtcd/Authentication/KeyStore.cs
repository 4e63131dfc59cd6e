using System.Text.Json;
using System.Text.Json.Nodes;

namespace Calls.Server.Rtcd.Authentication;

/// <summary>The registered clients and the hashes of their keys, in one file that is replaced as a whole: a crash leaves the old or the new one.</summary>
/// <remarks>Thread-safe. A write has reached the disk when it returns.</remarks>
internal sealed class KeyStore
{
    /// <summary>Registrations that one directory can hold; past it an operator has to look.</summary>
    public const int MaxClients = 10_000;

    private const string FileName = "clients.json";

    private readonly Lock _gate = new();
    private readonly string _directory;
    private readonly Dictionary<string, string> _hashes;

    private KeyStore(string directory, Dictionary<string, string> hashes) => (_directory, _hashes) = (directory, hashes);

    /// <summary>Opens the store; the directory is made if it is not there, for this user only.</summary>
    /// <exception cref="IOException">It cannot be made or read; the text says which.</exception>
    public static KeyStore Open(string directory)
    {
        if (!OperatingSystem.IsWindows() && !Directory.Exists(directory))
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Directory.CreateDirectory(directory);
        string file = Path.Combine(directory, FileName);
        if (!File.Exists(file))
        {
            return new(directory, new(StringComparer.Ordinal));
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
            var hashes = document.RootElement.EnumerateObject().ToDictionary(
                static client => client.Name, static client => client.Value.GetString() ?? "", StringComparer.Ordinal);
            return new(directory, hashes);
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidOperationException)
        {
            throw new IOException($"{file} is not a list of clients; restore it from a copy, or remove it and let the clients register again", damaged);
        }
    }

    /// <summary>The hash of a client's key; <c>null</c> = not registered.</summary>
    public string? Find(string clientId)
    {
        lock (_gate)
        {
            return _hashes.GetValueOrDefault(clientId);
        }
    }

    /// <returns><c>false</c>: somebody has the id, or the store is full.</returns>
    public bool TryAdd(string clientId, string hash)
    {
        lock (_gate)
        {
            if (_hashes.Count >= MaxClients || !_hashes.TryAdd(clientId, hash))
            {
                return false;
            }

            return SaveOr(() => _hashes.Remove(clientId));
        }
    }

    /// <returns><c>false</c>: not registered.</returns>
    public bool TryRemove(string clientId)
    {
        lock (_gate)
        {
            return _hashes.Remove(clientId, out string? hash) && SaveOr(() => _hashes[clientId] = hash);
        }
    }

    private bool SaveOr(Action undo)
    {
        try
        {
            Save();
            return true;
        }
        catch
        {
            undo();
            throw;
        }
    }

    private void Save()
    {
        var clients = new JsonObject(_hashes.Select(static client => KeyValuePair.Create(client.Key, (JsonNode?)client.Value)));
        string file = Path.Combine(_directory, FileName);
        string next = file + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var stream = new FileStream(next, options))
        {
            JsonSerializer.Serialize(stream, clients);
            stream.Flush(flushToDisk: true);
        }

        File.Move(next, file, overwrite: true);
    }
}
