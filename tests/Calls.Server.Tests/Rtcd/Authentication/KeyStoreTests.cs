using Calls.Server.Rtcd.Authentication;

namespace Calls.Server.Tests.Rtcd.Authentication;

public sealed class KeyStoreTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"calls-keys-{Guid.NewGuid():N}");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_was_added_and_removed_is_there_after_reopening()
    {
        KeyStore store = KeyStore.Open(_folder);
        Assert.True(store.TryAdd("a\"\n", "hash1"));
        Assert.True(store.TryAdd("b", "hash2"));
        Assert.False(store.TryAdd("b", "other"));
        Assert.True(store.TryRemove("b"));
        Assert.False(store.TryRemove("b"));

        KeyStore again = KeyStore.Open(_folder);

        Assert.Equal(("hash1", null), (again.Find("a\"\n"), again.Find("b")));
    }

    [Fact]
    public void Nobody_else_can_read_it()
    {
        KeyStore.Open(_folder).TryAdd("a", "hash");
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder));
        foreach (string file in Directory.GetFiles(_folder))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public void A_write_that_was_cut_short_leaves_what_was_there()
    {
        KeyStore.Open(_folder).TryAdd("a", "hash");
        File.WriteAllText(Path.Combine(_folder, "clients.json.new"), "{\"a\":\"ha");

        Assert.Equal("hash", KeyStore.Open(_folder).Find("a"));
    }

    [Fact]
    public void A_damaged_file_is_named()
    {
        Directory.CreateDirectory(_folder);
        File.WriteAllText(Path.Combine(_folder, "clients.json"), "[");

        Assert.Contains("clients.json is not a list of clients", Assert.Throws<IOException>(() => KeyStore.Open(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void It_does_not_grow_past_its_limit()
    {
        Directory.CreateDirectory(_folder);
        string full = string.Join(',', Enumerable.Range(0, KeyStore.MaxClients).Select(static i => $"\"c{i}\":\"h\""));
        File.WriteAllText(Path.Combine(_folder, "clients.json"), $"{{{full}}}");

        Assert.False(KeyStore.Open(_folder).TryAdd("one more", "h"));
    }
}
