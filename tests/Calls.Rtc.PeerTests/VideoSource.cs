using Calls.Rtc.Client;

namespace Calls.Rtc.PeerTests;

/// <summary>A VP8 encoder of given size and speed, as far as its packets show: three temporal layers, key frames when asked.</summary>
/// <param name="layer">Travels in each payload, so that a viewer can say what it sees.</param>
internal sealed class VideoSource(SentTrack track, int layer, int bitsPerSecond, int framesPerSecond)
{
    private const int PacketBytes = 1100;
    private const int HeaderBytes = 7;

    // A key frame takes as much as this many average ones.
    private const double KeyFrameFactor = 5;

    // Temporal layer, whether it needs the base alone, and its share of the average size: T0 a quarter, T1 half of all.
    private static readonly (int Layer, bool IsSync, double Size)[] Pattern = [(0, false, 1), (2, true, 1), (1, true, 1), (2, false, 1)];

    private int _pictures;
    private int _sinceKeyFrame;
    private byte _tl0;
    private double _owedBytes;
    private bool _wantsKeyFrame = true;

    public SentTrack Track => track;

    public int KeyFrames { get; private set; }

    public long NextMs { get; private set; }

    public int BitsPerSecond { get; set; } = bitsPerSecond;

    public bool IsOn { get; set; } = true;

    public void RequestKeyFrame() => _wantsKeyFrame = true;

    /// <summary>Sends a picture if it is time.</summary>
    public void Step(RtcClient client, long nowMs)
    {
        if (!IsOn || nowMs < NextMs || track.Section is null)
        {
            return;
        }

        NextMs = Math.Max(NextMs + (1000 / framesPerSecond), nowMs);
        bool isKeyFrame = _wantsKeyFrame;
        _wantsKeyFrame = false;
        KeyFrames += isKeyFrame ? 1 : 0;
        _sinceKeyFrame = isKeyFrame ? 0 : _sinceKeyFrame + 1;
        (int temporal, bool isSync, double size) = Pattern[_sinceKeyFrame % Pattern.Length];
        _tl0 += (byte)(temporal == 0 ? 1 : 0);

        // What a key frame takes beyond its share is saved on the pictures that follow.
        double average = BitsPerSecond / 8.0 / framesPerSecond;
        double bytes = isKeyFrame ? average * KeyFrameFactor : Math.Max(average * size * 0.4, (average * size) - (_owedBytes / 20));
        _owedBytes += bytes - average;

        int packets = Math.Max(1, (int)Math.Ceiling(bytes / PacketBytes));
        int length = Math.Max(HeaderBytes + 1, (int)(bytes / packets));
        Span<byte> payload = stackalloc byte[length];
        for (int i = 0; i < packets; i++)
        {
            payload.Clear();
            payload[0] = (byte)(0x80 | (i == 0 ? 0x10 : 0));
            payload[1] = 0xE0;
            payload[2] = (byte)(0x80 | ((_pictures >> 8) & 0x7F));
            payload[3] = (byte)_pictures;
            payload[4] = _tl0;
            payload[5] = (byte)((temporal << 6) | (isSync ? 0x20 : 0));
            payload[6] = (byte)(isKeyFrame ? 0 : 1);
            payload[7] = (byte)layer;
            client.SendRtp(track, payload, (uint)(nowMs * 90), hasMarker: i == packets - 1, audioLevel: null, nowMs);
        }

        _pictures++;
    }
}
