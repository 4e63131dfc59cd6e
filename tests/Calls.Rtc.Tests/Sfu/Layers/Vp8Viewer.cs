using Calls.Rtc.Sfu.Payloads;

namespace Calls.Rtc.Tests.Sfu.Layers;

/// <summary>Checks that what a subscriber got is one VP8 stream that its decoder can show from the first packet to the last.</summary>
internal static class Vp8Viewer
{
    /// <returns>Per picture: its timestamp, whether it is a key frame, and its temporal layer.</returns>
    public static List<(uint Timestamp, bool IsKeyFrame, int TemporalLayer)> Watch(IEnumerable<ReceivedRtp> packets, string context = "")
    {
        var pictures = new List<(uint Timestamp, bool IsKeyFrame, int TemporalLayer)>();
        ushort? sequence = null;
        int pictureId = -1;
        int tl0 = -1;
        foreach (ReceivedRtp packet in packets)
        {
            Assert.True(Vp8PayloadDescriptor.TryParse(packet.Payload, out Vp8PayloadDescriptor descriptor));
            Assert.True(sequence is null || packet.SequenceNumber == (ushort)(sequence + 1), $"{context}: {packet.SequenceNumber} follows {sequence}");
            sequence = packet.SequenceNumber;
            if (!descriptor.StartsFrame)
            {
                Assert.Equal(pictureId, descriptor.PictureId);
                Assert.Equal(pictures[^1].Timestamp, packet.Timestamp);
                continue;
            }

            Assert.True(pictures.Count > 0 || descriptor.StartsKeyFrame, $"{context}: begins in the middle");
            Assert.True(pictures.Count == 0 || descriptor.PictureId == ((pictureId + 1) & 0x7FFF), $"{context}: picture {descriptor.PictureId} follows {pictureId}");
            Assert.True(pictures.Count == 0 || (int)(packet.Timestamp - pictures[^1].Timestamp) > 0, $"{context}: time runs backwards");
            int expected = descriptor.TemporalLayer == 0 && tl0 >= 0 ? (tl0 + 1) & 0xFF : tl0;
            Assert.True(tl0 < 0 || descriptor.Tl0PictureIndex == expected, $"{context}: base picture {descriptor.Tl0PictureIndex}, not {expected}");
            (pictureId, tl0) = (descriptor.PictureId, descriptor.Tl0PictureIndex);
            pictures.Add((packet.Timestamp, descriptor.StartsKeyFrame, descriptor.TemporalLayer));
        }

        return pictures;
    }
}
