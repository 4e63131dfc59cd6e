namespace Calls.Browser.Tests.Interop;

/// <summary>What a peer says of its connection.</summary>
internal sealed record PeerReport(int Pongs, IReadOnlyList<PeerReport.Track> Tracks, PeerReport.Media Audio, PeerReport.Media Video, string Srtp, string State)
{
    /// <summary>A track that was announced to the application, once per announcement.</summary>
    /// <param name="Type">What the media map said at that moment.</param>
    internal sealed record Track(string Mid, string Kind, string Type);

    /// <param name="Sent">RTP packets.</param>
    /// <param name="Received">RTP packets.</param>
    /// <param name="Decoded">Pictures; 0 for audio.</param>
    internal sealed record Media(long Sent, long Received, long Decoded = 0);
}
