namespace Calls.Rtc.Sdp;

/// <summary>Header extension ids of one section in one direction; 0 means not negotiated.</summary>
public readonly record struct HeaderExtensionIds(
    byte AudioLevel, byte Mid, byte RtpStreamId, byte RepairedRtpStreamId, byte TransportCc)
{
    /// <summary>Ids usable by the side that wrote <paramref name="extensions"/> when it sends, or when it receives.</summary>
    internal static HeaderExtensionIds Read(IEnumerable<HeaderExtension> extensions, bool sending)
    {
        var ids = default(HeaderExtensionIds);
        foreach (HeaderExtension extension in extensions)
        {
            if (extension.Direction is { } direction && !(sending ? direction.Sends : direction.Receives))
            {
                continue;
            }

            ids = extension.Uri switch
            {
                HeaderExtensionUris.AudioLevel => ids with { AudioLevel = extension.Id },
                HeaderExtensionUris.Mid => ids with { Mid = extension.Id },
                HeaderExtensionUris.RtpStreamId => ids with { RtpStreamId = extension.Id },
                HeaderExtensionUris.RepairedRtpStreamId => ids with { RepairedRtpStreamId = extension.Id },
                HeaderExtensionUris.TransportCc => ids with { TransportCc = extension.Id },
                _ => ids,
            };
        }

        return ids;
    }
}
