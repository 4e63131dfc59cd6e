using Calls.Rtc.Srtp;

namespace Calls.Rtc.Tests.Srtp;

/// <summary>Packets of real browsers, from the exporter's output to the plain packet and back.</summary>
public sealed class RecordedSrtpTests
{
    public static TheoryData<string, bool> RecordingsAndImplementations()
    {
        var data = new TheoryData<string, bool>();

        foreach (string recording in RecordedPacket.Recordings)
        {
            data.Add(recording, false);
            data.Add(recording, true);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(RecordingsAndImplementations))]
    public void Recorded_packets_decrypt_to_what_was_sent_and_encrypt_to_the_same_bytes(string recording, bool portable)
    {
        CipherImplementation implementation = portable ? CipherImplementation.Portable : Ciphers.Default;
        int packets = 0;

        foreach (RecordedSession session in RecordedSession.Read(recording))
        {
            Assert.True(SrtpKeyingMaterial.TryCreate(session.ProfileId, session.KeyingMaterial, out SrtpKeyingMaterial? keys));

            foreach (SrtpSide sender in new[] { SrtpSide.DtlsClient, SrtpSide.DtlsServer })
            {
                using var inbound = new SrtpInbound(keys.CreateTransform(sender, implementation));
                using var outbound = new SrtpOutbound(keys.CreateTransform(sender, implementation));

                foreach (RecordedPacket packet in RecordedPacket.Read(recording))
                {
                    if (packet.Session != session.Name || (packet.FromClient ? session.Client : session.Sfu) != sender)
                    {
                        continue;
                    }

                    packets++;
                    byte[] buffer = [.. packet.Protected];
                    SrtpResult result = packet.IsRtcp
                        ? inbound.TryUnprotectRtcp(buffer, out int length)
                        : inbound.TryUnprotect(buffer, out length);
                    Assert.Equal(SrtpResult.Ok, result);
                    Assert.Equal(packet.Plain, buffer[..length]);

                    packet.Plain.CopyTo(buffer, 0);
                    length = packet.IsRtcp
                        ? outbound.ProtectRtcp(buffer, packet.Plain.Length, packet.Counter)
                        : outbound.Protect(buffer, packet.Plain.Length, packet.Counter);
                    Assert.Equal(packet.Protected, buffer[..length]);
                }
            }
        }

        Assert.True(packets > 100, $"Only {packets} packets in {recording}.");
    }

    [Fact]
    public void The_AES_256_recording_has_a_profile_that_we_refuse()
    {
        foreach (RecordedSession session in RecordedSession.Read("chromium-sfu-passive-gcm256"))
        {
            Assert.Equal(8, session.ProfileId);
            Assert.False(SrtpKeyingMaterial.TryCreate(session.ProfileId, session.KeyingMaterial, out _));
        }
    }

    [Fact]
    public void The_halves_of_the_exported_keys_follow_the_DTLS_role()
    {
        RecordedSession session = RecordedSession.Read("chromium-lite-sfu-passive-gcm128")[0];
        Assert.True(SrtpKeyingMaterial.TryCreate(session.ProfileId, session.KeyingMaterial, out SrtpKeyingMaterial? keys));

        using SrtpInbound ours = keys.CreateInbound(session.Sfu);
        using SrtpInbound theirs = keys.CreateInbound(session.Client);
        RecordedPacket packet = RecordedPacket.Read("chromium-lite-sfu-passive-gcm128")
            .First(packet => packet.Session == session.Name && packet.FromClient && !packet.IsRtcp);

        Assert.Equal(SrtpResult.AuthenticationFailed, theirs.TryUnprotect(packet.Protected, out _));
        Assert.Equal(SrtpResult.Ok, ours.TryUnprotect(packet.Protected, out _));
    }
}
