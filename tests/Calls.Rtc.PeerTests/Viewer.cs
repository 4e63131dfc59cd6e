using Calls.Rtc.Client;
using Calls.Rtc.Rtp;
using Calls.Rtc.Sfu.Payloads;

namespace Calls.Rtc.PeerTests;

/// <summary>
/// A decoder as far as its patience goes: shows a picture when all of its packets and all pictures before it are there, and goes on
/// with the next key frame when something stays away.
/// </summary>
internal sealed class Viewer
{
    // A browser's jitter buffer waits no longer for one packet.
    private const long PatienceMs = 1_000;

    private readonly SortedDictionary<long, Packet> _waiting = [];
    private long _highest = -1;
    private long _next = -1;
    private long _stuckSinceMs;
    private int _lastPicture = -1;
    private int _lastTl0 = -1;

    /// <summary>What was shown, in order.</summary>
    public List<(long AtMs, int Layer, bool IsKeyFrame, int TemporalLayer)> Shown { get; } = [];

    /// <summary>Pictures that did not continue the one before: numbers that a receiver would take for a loss or for another stream.</summary>
    public List<string> Breaks { get; } = [];

    /// <summary>Times at which it skipped to a key frame.</summary>
    public int Skips { get; private set; }

    /// <summary>What it waits for.</summary>
    public override string ToString() =>
        $"next {_next}, highest {_highest}, waiting {string.Join(" ", _waiting.Take(8).Select(static packet => $"{packet.Key}:{(packet.Value.Descriptor.StartsFrame ? "S" : "")}{(packet.Value.Descriptor.StartsKeyFrame ? "K" : "")}{(packet.Value.HasMarker ? "M" : "")}{packet.Value.Descriptor.PictureId}"))}";

    public HashSet<uint> Ssrcs { get; } = [];

    /// <summary>The longest time between two pictures that lies in a period.</summary>
    public long LongestFreezeMs(long fromMs, long toMs)
    {
        long longest = 0;
        long last = fromMs;
        foreach ((long atMs, _, _, _) in Shown)
        {
            if (atMs >= fromMs && atMs <= toMs)
            {
                longest = Math.Max(longest, atMs - last);
                last = atMs;
            }
        }

        return Math.Max(longest, toMs - last);
    }

    /// <summary>Packets come, and none of them can be shown.</summary>
    public bool IsStuck(long nowMs) => _waiting.Count > 0 && nowMs - _stuckSinceMs > PatienceMs;

    public void Receive(in ReceivedPacket packet, long nowMs)
    {
        Ssrcs.Add(packet.Ssrc);
        long number = _highest < 0 ? packet.SequenceNumber : SequenceNumber.Extend(packet.SequenceNumber, _highest);
        _highest = Math.Max(_highest, number);
        if (number < _next)
        {
            return;
        }

        if (packet.Payload.IsEmpty)
        {
            _waiting[number] = new(default, packet.HasMarker, IsPadding: true, Layer: 0);
        }
        else if (Vp8PayloadDescriptor.TryParse(packet.Payload, out Vp8PayloadDescriptor descriptor))
        {
            _waiting[number] = new(descriptor, packet.HasMarker, IsPadding: false, packet.Payload.Length > 7 ? packet.Payload[7] : 0);
        }

        while (TryShow(nowMs))
        {
            _stuckSinceMs = nowMs;
        }
    }

    private bool TryShow(long nowMs)
    {
        if (_next < 0 || (_waiting.Count > 0 && !_waiting.ContainsKey(_next) && nowMs - _stuckSinceMs > PatienceMs))
        {
            return TrySkip();
        }

        if (!_waiting.TryGetValue(_next, out Packet first))
        {
            return false;
        }

        if (first.IsPadding)
        {
            _waiting.Remove(_next++);
            return true;
        }

        long last = _next;
        while (_waiting.TryGetValue(last, out Packet packet) && !packet.HasMarker)
        {
            last++;
            if (_waiting.TryGetValue(last, out Packet next) && next.Descriptor.StartsFrame)
            {
                return TrySkip(); // the rest of this picture was never sent
            }
        }

        if (!_waiting.ContainsKey(last))
        {
            return nowMs - _stuckSinceMs > PatienceMs && TrySkip();
        }

        Check(first.Descriptor, nowMs);
        Shown.Add((nowMs, first.Layer, first.Descriptor.StartsKeyFrame, first.Descriptor.TemporalLayer));
        for (; _next <= last; _next++)
        {
            _waiting.Remove(_next);
        }

        return true;
    }

    private bool TrySkip()
    {
        foreach ((long number, Packet packet) in _waiting)
        {
            if (number > _next && packet.Descriptor.StartsKeyFrame)
            {
                Skips += _next < 0 ? 0 : 1;
                _next = number;
                _lastPicture = -1;
                foreach (long old in _waiting.Keys.Where(old => old < number).ToArray())
                {
                    _waiting.Remove(old);
                }

                return true;
            }
        }

        return false;
    }

    private void Check(Vp8PayloadDescriptor picture, long nowMs)
    {
        int expectedTl0 = picture.TemporalLayer == 0 ? (_lastTl0 + 1) & 0xFF : _lastTl0;
        if (!picture.StartsFrame
            || (_lastPicture >= 0 && (picture.PictureId != ((_lastPicture + 1) & 0x7FFF) || picture.Tl0PictureIndex != expectedTl0)))
        {
            Breaks.Add($"{nowMs}: picture {picture.PictureId} base {picture.Tl0PictureIndex} follows {_lastPicture} base {_lastTl0}");
        }

        (_lastPicture, _lastTl0) = (picture.PictureId, picture.Tl0PictureIndex);
    }

    private readonly record struct Packet(Vp8PayloadDescriptor Descriptor, bool HasMarker, bool IsPadding, int Layer);
}
