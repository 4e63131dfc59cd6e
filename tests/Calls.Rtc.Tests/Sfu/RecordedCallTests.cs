using System.Buffers.Binary;
using Calls.Rtc.Rtp;
using Calls.Rtc.Sfu;
using Calls.Rtc.Srtp;
using Calls.Rtc.Tests.Srtp;

namespace Calls.Rtc.Tests.Sfu;

/// <summary>What browsers really sent, fed to the SFU as it came from the network.</summary>
public sealed class RecordedCallTests
{
    private readonly TestCall _call = new();

    [Theory]
    [InlineData("chromium-lite-sfu-passive-gcm128", 3)]
    [InlineData("chromium-sfu-active-aescm", 3)]
    [InlineData("firefox-lite-sfu-passive-gcm128", 7)]
    public void A_browsers_speech_is_forwarded_byte_by_byte(string recording, byte transportCcId)
    {
        RecordedSession session = RecordedSession.Read(recording).Single(session => session.Name == "A");
        RecordedPacket[] packets = [.. RecordedPacket.Read(recording).Where(packet => packet.Session == "A" && packet.FromClient)];
        RecordedPacket[] speech = [.. packets.Where(packet => !packet.IsRtcp && IsSpeech(packet))];
        TestClient alice = _call.Join("alice");
        TestClient bob = _call.Join("bob");
        Assert.True(SrtpKeyingMaterial.TryCreate(session.ProfileId, session.KeyingMaterial, out SrtpKeyingMaterial? keys));
        using (keys)
        {
            alice.Participant.SetTransport(keys.CreateOutbound(session.Sfu), keys.CreateInbound(session.Sfu));
        }

        uint ssrc = BinaryPrimitives.ReadUInt32BigEndian(speech[0].Plain.AsSpan(8));
        byte payloadType = (byte)(speech[0].Plain[1] & 0x7F);
        alice.Participant.SetReceiving(
        [
            new InboundSection(
                "1", TrackKind.Audio, "mic", [ssrc], new Dictionary<byte, RtpCodec> { [payloadType] = RtpCodec.Opus }, 1, 0, transportCcId),
        ]);

        foreach (RecordedPacket packet in packets)
        {
            byte[] datagram = (byte[])packet.Protected.Clone();
            if (packet.IsRtcp)
            {
                Assert.Equal(RtcpReceiveResult.Applied, alice.Participant.ReceiveRtcp(datagram, _call.NowMs, _call.Sink));
            }
            else
            {
                // The rest is video, for which no section is negotiated here, and padding.
                RtpReceiveResult result = alice.Participant.ReceiveRtp(datagram, _call.NowMs, _call.Sink);
                Assert.Equal(IsSpeech(packet), result == RtpReceiveResult.Forwarded);
                Assert.NotEqual(RtpReceiveResult.NotAuthentic, result);
            }

            _call.Deliver();
            _call.NowMs += 20;
        }

        Assert.Equal(speech.Length, bob.Received.Count);
        Assert.All(speech.Zip(bob.Received), pair => Assert.Equal(Payload(pair.First), pair.Second.Payload));
        Assert.All(speech.Zip(bob.Received), pair => Assert.Equal(Level(pair.First), pair.Second.Extension(bob.ExtensionIds.AudioLevel)));
    }

    private static bool IsSpeech(RecordedPacket packet)
    {
        Assert.True(RtpPacketView.TryParse(packet.Plain, out RtpPacketView view));
        return view.PayloadType is 109 or 111 && !view.IsPaddingOnly;
    }

    private static byte[] Payload(RecordedPacket packet)
    {
        Assert.True(RtpPacketView.TryParse(packet.Plain, out RtpPacketView view));
        return view.Payload.ToArray();
    }

    private static byte[] Level(RecordedPacket packet)
    {
        Assert.True(RtpPacketView.TryParse(packet.Plain, out RtpPacketView view));
        Assert.True(view.TryGetExtension(1, out ReadOnlySpan<byte> level));
        return level.ToArray();
    }
}
