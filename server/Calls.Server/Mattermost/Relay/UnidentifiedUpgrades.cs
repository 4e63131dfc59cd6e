using System.Collections.Concurrent;

namespace Calls.Server.Mattermost.Relay;

/// <summary>Counts sockets without credentials per address, so that a flood of them stops before it is dialled (mattermost-integration.md 9.8).</summary>
internal sealed class UnidentifiedUpgrades(int maxPerAddress)
{
    private readonly ConcurrentDictionary<string, int> _open = new();

    public bool TryEnter(string address)
    {
        int now = _open.AddOrUpdate(address, 1, static (_, open) => open + 1);
        if (now <= maxPerAddress)
        {
            return true;
        }

        Leave(address);
        return false;
    }

    public void Leave(string address)
    {
        int left = _open.AddOrUpdate(address, 0, static (_, open) => open - 1);
        if (left <= 0)
        {
            _open.TryRemove(new KeyValuePair<string, int>(address, left));
        }
    }
}
