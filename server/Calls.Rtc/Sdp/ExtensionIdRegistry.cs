namespace Calls.Rtc.Sdp;

/// <summary>Header extension ids of one session: one URI has one id in the whole bundle and no id has two (RFC 8843, section 14).</summary>
internal sealed class ExtensionIdRegistry(SupportedExtensions supported)
{
    private readonly Dictionary<string, byte> _ids = new(StringComparer.Ordinal);

    // Ids the peer uses for anything, also for extensions we refuse: it may offer those again.
    private readonly bool[] _taken = new bool[256];

    /// <summary>The extensions of an offered section that we accept, with the peer's ids, as our answer writes them.</summary>
    public List<HeaderExtension> Accept(MediaSection offered)
    {
        IReadOnlyList<HeaderExtension> known = supported.Of(offered.Kind);
        var accepted = new List<HeaderExtension>(4);
        foreach (HeaderExtension extension in offered.Extensions)
        {
            _taken[extension.Id] = true;
            if (!known.Any(ours => ours.Uri == extension.Uri) || accepted.Exists(earlier => earlier.Uri == extension.Uri))
            {
                continue;
            }

            // Inactive (RFC 8285, section 6) is as good as refused.
            if (extension.Direction == MediaDirection.Inactive)
            {
                continue;
            }

            if (!_ids.ContainsKey(extension.Uri) && !_ids.ContainsValue(extension.Id))
            {
                _ids[extension.Uri] = extension.Id;
            }

            if (_ids.TryGetValue(extension.Uri, out byte id) && id == extension.Id)
            {
                accepted.Add(extension with { Direction = extension.Direction?.Reversed });
            }
        }

        return accepted;
    }

    /// <summary>The extensions of our offer that the answer kept, as we write them from then on.</summary>
    public static List<HeaderExtension> Confirm(List<HeaderExtension> offered, MediaSection answer) =>
    [
        .. offered.Where(ours => answer.Extensions.Exists(theirs => theirs.Id == ours.Id && theirs.Uri == ours.Uri)),
    ];

    /// <summary>What a new section of ours lists.</summary>
    public List<HeaderExtension> ForNewSection(MediaKind kind)
    {
        var extensions = new List<HeaderExtension>(4);
        foreach (HeaderExtension known in supported.Of(kind))
        {
            if (!_ids.TryGetValue(known.Uri, out byte id))
            {
                id = FindFreeId(known.Id);
                if (id == 0)
                {
                    continue;
                }

                _ids[known.Uri] = id;
            }

            extensions.Add(known with { Id = id });
        }

        return extensions;
    }

    // Only 1 to 14 fit the one-byte form that all clients send. Counted downwards, so that the defaults, which are low,
    // stay free for their owners.
    private byte FindFreeId(byte preferred)
    {
        byte id = preferred;
        for (byte next = 14; IsUsed(id); next--)
        {
            if (next == 0)
            {
                return 0;
            }

            id = next;
        }

        return id;
    }

    private bool IsUsed(byte id) => _taken[id] || _ids.ContainsValue(id);
}
