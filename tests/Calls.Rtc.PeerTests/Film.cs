namespace Calls.Rtc.PeerTests;

/// <summary>What a decoder makes of the packets of one video track: a frame needs all its packets, and but for key frames the frame before it.</summary>
internal sealed class Film
{
    private readonly Dictionary<int, (FilmFrame First, int Received)> _frames = [];
    private readonly HashSet<(int Number, int Packet)> _packets = [];
    private int _next = -1;

    /// <summary>Frames shown, in order.</summary>
    public List<(int Number, long AtMs)> Shown { get; } = [];

    /// <summary>Packets that came twice.</summary>
    public int Repeated { get; private set; }

    public int Highest { get; private set; }

    /// <summary>The longest time without a new picture, between the first and <paramref name="endMs"/>.</summary>
    public long LongestFreezeMs(long endMs)
    {
        long longest = Shown.Count == 0 ? long.MaxValue : endMs - Shown[^1].AtMs;
        for (int i = 1; i < Shown.Count; i++)
        {
            longest = Math.Max(longest, Shown[i].AtMs - Shown[i - 1].AtMs);
        }

        return longest;
    }

    /// <summary>Newer packets have come for a while, but no frame that can be shown: a decoder asks for a key frame then.</summary>
    public bool IsStuck(long nowMs) => Highest >= _next + 5 && (Shown.Count == 0 || nowMs - Shown[^1].AtMs > 300);

    public bool Has(int number, int packet) => _packets.Contains((number, packet));

    public void Add(in FilmFrame packet, long nowMs)
    {
        if (!_packets.Add((packet.Number, packet.Packet)))
        {
            Repeated++;
            return;
        }

        Highest = Math.Max(Highest, packet.Number);
        int received = _frames.GetValueOrDefault(packet.Number).Received + 1;
        _frames[packet.Number] = (packet, received);
        while (TryShow(_next, nowMs) || TrySkipToKeyFrame(nowMs))
        {
        }
    }

    private bool IsComplete(int number) => _frames.TryGetValue(number, out (FilmFrame First, int Received) frame) && frame.Received == frame.First.Count;

    private bool TryShow(int number, long nowMs)
    {
        if (number < 0 || !IsComplete(number))
        {
            return false;
        }

        Shown.Add((number, nowMs));
        _next = number + 1;
        return true;
    }

    private bool TrySkipToKeyFrame(long nowMs)
    {
        foreach ((int number, (FilmFrame first, int _)) in _frames.OrderBy(static frame => frame.Key))
        {
            if (number >= _next && first.IsKey && IsComplete(number))
            {
                return TryShow(number, nowMs);
            }
        }

        return false;
    }
}
