namespace Calls.Rtc.Sdp;

/// <summary>Header extensions one side knows, with the id each gets when the other side has not named it first.</summary>
public sealed record SupportedExtensions(IReadOnlyList<HeaderExtension> Audio, IReadOnlyList<HeaderExtension> Video)
{
    /// <summary>What the SFU accepts and offers (media.md 3.4; mid for audio too, DEV-9).</summary>
    public static SupportedExtensions Sfu { get; } = new(
        [
            new(1, HeaderExtensionUris.AudioLevel),
            new(2, HeaderExtensionUris.Mid),
            new(5, HeaderExtensionUris.TransportCc),
        ],
        [
            new(2, HeaderExtensionUris.Mid),
            new(3, HeaderExtensionUris.RtpStreamId),
            new(4, HeaderExtensionUris.RepairedRtpStreamId),
            new(5, HeaderExtensionUris.TransportCc),
        ]);

    public IReadOnlyList<HeaderExtension> Of(MediaKind kind) => kind switch
    {
        MediaKind.Audio => Audio,
        MediaKind.Video => Video,
        _ => [],
    };
}
