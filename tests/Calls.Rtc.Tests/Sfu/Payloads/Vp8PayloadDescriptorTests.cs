using Calls.Rtc.Rtp;
using Calls.Rtc.Sfu.Payloads;
using Calls.Rtc.Tests.Srtp;

namespace Calls.Rtc.Tests.Sfu.Payloads;

public sealed class Vp8PayloadDescriptorTests
{
    private const int Seed = 7741;

    [Fact]
    public void Every_field_is_read()
    {
        byte[] payload = new Vp8Payload
        {
            IsKeyFrame = true,
            PictureId = 0x7ABC,
            Tl0PictureIndex = 200,
            TemporalLayer = 2,
            IsLayerSync = true,
            KeyIndex = 17,
        }.Build();

        Assert.True(Vp8PayloadDescriptor.TryParse(payload, out Vp8PayloadDescriptor descriptor));
        Assert.True(descriptor.StartsFrame && descriptor.StartsKeyFrame);
        Assert.True(descriptor is { HasPictureId: true, IsLongPictureId: true, PictureId: 0x7ABC });
        Assert.True(descriptor is { HasTl0PictureIndex: true, Tl0PictureIndex: 200 });
        Assert.True(descriptor is { HasTemporalLayer: true, TemporalLayer: 2, IsLayerSync: true, HasKeyIndex: true, KeyIndex: 17 });
    }

    [Fact]
    public void Absent_fields_are_0()
    {
        byte[] payload = new Vp8Payload { PictureId = null, Tl0PictureIndex = null, TemporalLayer = null }.Build();

        Assert.True(Vp8PayloadDescriptor.TryParse(payload, out Vp8PayloadDescriptor descriptor));
        Assert.True(descriptor is { HasPictureId: false, HasTl0PictureIndex: false, HasTemporalLayer: false, HasKeyIndex: false });
        Assert.True(descriptor is { PictureId: 0, TemporalLayer: 0, StartsFrame: true, StartsKeyFrame: false });
    }

    [Fact]
    public void Only_the_first_packet_of_a_key_frame_starts_it()
    {
        Assert.True(Read(new() { IsKeyFrame = true }).StartsKeyFrame);
        Assert.False(Read(new() { IsKeyFrame = true, StartsFrame = false }).StartsKeyFrame);
        Assert.False(Read(new()).StartsKeyFrame);
    }

    [Theory]
    [InlineData(true, 0x1234, 0x1234)]
    [InlineData(true, 0x8001, 0x0001)]
    [InlineData(false, 0x1234, 0x34)]
    public void Numbers_are_rewritten_within_the_width_of_their_fields(bool isLong, int pictureId, int written)
    {
        var before = new Vp8Payload { PictureId = 5, HasLongPictureId = isLong, TemporalLayer = 1, IsLayerSync = true, KeyIndex = 3 };
        byte[] payload = before.Build();
        Assert.True(Vp8PayloadDescriptor.TryParse(payload, out Vp8PayloadDescriptor descriptor));

        descriptor.Rewrite(payload, (ushort)pictureId, 77, 33);

        Assert.Equal((before with { PictureId = written, Tl0PictureIndex = 77, KeyIndex = 1 }).Build(), payload);
    }

    [Theory]
    [InlineData("chromium-lite-sfu-passive-gcm128")]
    [InlineData("chromium-sfu-active-aescm")]
    public void The_pictures_of_a_recorded_camera_are_numbered_without_gaps_and_begin_with_a_key_frame(string recording)
    {
        List<Vp8PayloadDescriptor> camera = [];
        foreach (RecordedPacket packet in RecordedPacket.Read(recording).Where(packet => packet is { Session: "A", FromClient: true, IsRtcp: false }))
        {
            Assert.True(RtpPacketView.TryParse(packet.Plain, out RtpPacketView view));
            if (view.PayloadType == 96 && !view.IsPaddingOnly)
            {
                Assert.True(Vp8PayloadDescriptor.TryParse(view.Payload, out Vp8PayloadDescriptor descriptor));
                Assert.Equal(descriptor.StartsKeyFrame, descriptor.StartsFrame && view.Payload.IndexOf((ReadOnlySpan<byte>)[0x9D, 0x01, 0x2A]) == 7);
                camera.Add(descriptor);
            }
        }

        Assert.True(camera[0].StartsKeyFrame);
        int[] ids = [.. camera.Select(static picture => (int)picture.PictureId).Distinct()];
        Assert.Equal(Enumerable.Range(ids[0], ids.Length), ids);
        Assert.Equal(ids.Length, camera.Count(static picture => picture.StartsFrame));
    }

    [Fact]
    public void Any_bytes_are_read_or_refused()
    {
        var random = new Random(Seed);
        byte[] payload = new byte[12];
        for (int i = 0; i < 50_000; i++)
        {
            random.NextBytes(payload);
            int length = random.Next(payload.Length + 1);
            byte[] rewritten = payload[..length];
            if (Vp8PayloadDescriptor.TryParse(rewritten, out Vp8PayloadDescriptor descriptor))
            {
                descriptor.Rewrite(rewritten, descriptor.PictureId, descriptor.Tl0PictureIndex, descriptor.KeyIndex);
                Assert.True(rewritten.AsSpan().SequenceEqual(payload.AsSpan(0, length)), $"seed {Seed}, input {i}");
            }

            VideoPayload.Read(Rtc.Sfu.RtpCodec.Av1, payload.AsSpan(0, length));
        }
    }

    [Theory]
    [InlineData(new byte[] { 0x08, 0x0A }, true)]
    [InlineData(new byte[] { 0x18, 0x0A }, true)]
    [InlineData(new byte[] { 0x88, 0x0A }, false)]
    [InlineData(new byte[] { 0x10, 0x0A }, false)]
    [InlineData(new byte[0], false)]
    public void An_AV1_sequence_starts_where_the_aggregation_header_says_so(byte[] payload, bool starts) =>
        Assert.Equal(starts, VideoPayload.Read(Rtc.Sfu.RtpCodec.Av1, payload).StartsKeyFrame);

    private static Vp8PayloadDescriptor Read(Vp8Payload payload)
    {
        Assert.True(Vp8PayloadDescriptor.TryParse(payload.Build(), out Vp8PayloadDescriptor descriptor));
        return descriptor;
    }
}
