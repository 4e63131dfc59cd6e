using Calls.Rtc.Srtp;

namespace Calls.Rtc.Tests.Srtp;

public sealed class SrtpInboundTests
{
    public static TheoryData<SrtpProfile> Profiles => [SrtpProfile.Aes128CmHmacSha1_80, SrtpProfile.AeadAes128Gcm];

    [Theory]
    [MemberData(nameof(Profiles))]
    [Trait("Spec", "media-32")]
    public void A_replayed_packet_is_dropped_and_counted(SrtpProfile profile)
    {
        using var pair = new SrtpPair(profile);
        byte[] packet = pair.Protect(ssrc: 7, sequenceNumber: 100);

        Assert.Equal(SrtpResult.Ok, pair.Receive(packet));
        Assert.Equal(SrtpResult.Replayed, pair.Receive(packet));
        Assert.Equal(SrtpResult.Ok, pair.Receive(pair.Protect(ssrc: 7, sequenceNumber: 101)));
        Assert.Equal(SrtpResult.Replayed, pair.Receive(packet));
        Assert.Equal(2, pair.Inbound.Count(SrtpResult.Replayed));
        Assert.Equal(2, pair.Inbound.Count(SrtpResult.Ok));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void A_replayed_RTCP_packet_is_dropped(SrtpProfile profile)
    {
        using var pair = new SrtpPair(profile);
        byte[] packet = pair.ProtectRtcp(ssrc: 7, index: 5);

        Assert.Equal(SrtpResult.Ok, pair.ReceiveRtcp(packet));
        Assert.Equal(SrtpResult.Replayed, pair.ReceiveRtcp(packet));
        Assert.Equal(SrtpResult.Ok, pair.ReceiveRtcp(pair.ProtectRtcp(ssrc: 8, index: 5)));
        Assert.Equal(SrtpResult.Ok, pair.ReceiveRtcp(pair.ProtectRtcp(ssrc: 7, index: 4)));
        Assert.Equal(SrtpResult.Ok, pair.ReceiveRtcp(pair.ProtectRtcp(ssrc: 7, index: 500)));
        Assert.Equal(SrtpResult.TooOld, pair.ReceiveRtcp(pair.ProtectRtcp(ssrc: 7, index: 372)));
        Assert.Equal(SrtpResult.Ok, pair.ReceiveRtcp(pair.ProtectRtcp(ssrc: 7, index: 373)));
    }

    [Fact]
    public void Packets_may_arrive_up_to_127_late()
    {
        using var pair = new SrtpPair(SrtpProfile.AeadAes128Gcm);
        Assert.Equal(SrtpResult.Ok, pair.Receive(pair.Protect(ssrc: 7, sequenceNumber: 1000)));

        Assert.Equal(SrtpResult.Ok, pair.Receive(pair.Protect(ssrc: 7, sequenceNumber: 873)));
        Assert.Equal(SrtpResult.TooOld, pair.Receive(pair.Protect(ssrc: 7, sequenceNumber: 872)));
        Assert.Equal(SrtpResult.Replayed, pair.Receive(pair.Protect(ssrc: 7, sequenceNumber: 873)));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void A_forged_packet_moves_neither_the_window_nor_the_rollover_counter(SrtpProfile profile)
    {
        using var pair = new SrtpPair(profile);
        Assert.Equal(SrtpResult.Ok, pair.Receive(pair.Protect(ssrc: 7, sequenceNumber: 40_000)));

        byte[] forged = pair.Protect(ssrc: 7, sequenceNumber: 5, rolloverCounter: 1);
        forged[^1] ^= 1;
        Assert.Equal(SrtpResult.AuthenticationFailed, pair.Receive(forged));

        Assert.Equal(SrtpResult.Ok, pair.Receive(pair.Protect(ssrc: 7, sequenceNumber: 40_001)));
        forged[^1] ^= 1;
        Assert.Equal(SrtpResult.Ok, pair.Receive(forged));
    }

    [Fact]
    public void Reordering_around_a_rollover_is_understood()
    {
        using var pair = new SrtpPair(SrtpProfile.Aes128CmHmacSha1_80);
        Assert.Equal(SrtpResult.Ok, pair.Receive(pair.Protect(ssrc: 7, sequenceNumber: 65_534)));
        Assert.Equal(SrtpResult.Ok, pair.Receive(pair.Protect(ssrc: 7, sequenceNumber: 1, rolloverCounter: 1)));
        Assert.Equal(SrtpResult.Ok, pair.Receive(pair.Protect(ssrc: 7, sequenceNumber: 65_535)));
        Assert.Equal(SrtpResult.Ok, pair.Receive(pair.Protect(ssrc: 7, sequenceNumber: 0, rolloverCounter: 1)));
        Assert.Equal(SrtpResult.Replayed, pair.Receive(pair.Protect(ssrc: 7, sequenceNumber: 65_535)));
    }

    [Fact]
    public void A_packet_from_before_the_first_rollover_counter_is_too_old()
    {
        using var pair = new SrtpPair(SrtpProfile.AeadAes128Gcm);
        Assert.Equal(SrtpResult.Ok, pair.Receive(pair.Protect(ssrc: 7, sequenceNumber: 2)));
        Assert.Equal(SrtpResult.TooOld, pair.Receive(pair.Protect(ssrc: 7, sequenceNumber: 65_535)));
    }

    [Fact]
    public void SSRCs_past_the_cap_are_dropped_until_one_is_forgotten()
    {
        using var pair = new SrtpPair(SrtpProfile.AeadAes128Gcm);

        for (uint ssrc = 1; ssrc <= SrtpInbound.MaxSsrcs; ssrc++)
        {
            Assert.Equal(SrtpResult.Ok, pair.Receive(pair.Protect(ssrc, sequenceNumber: (ushort)ssrc)));
        }

        Assert.Equal(SrtpResult.TooManySsrcs, pair.Receive(pair.Protect(ssrc: 1000, sequenceNumber: 1)));
        Assert.Equal(SrtpResult.TooManySsrcs, pair.ReceiveRtcp(pair.ProtectRtcp(ssrc: 1000, index: 1)));
        Assert.Equal(2, pair.Inbound.Count(SrtpResult.TooManySsrcs));
        Assert.Equal(SrtpResult.Ok, pair.ReceiveRtcp(pair.ProtectRtcp(ssrc: 1, index: 1)));

        Assert.False(pair.Inbound.Forget(1000));
        Assert.True(pair.Inbound.Forget(3));
        Assert.Equal(SrtpResult.Ok, pair.Receive(pair.Protect(ssrc: 1000, sequenceNumber: 1)));

        // The others kept their state, the last one too, which moved into the gap.
        for (uint ssrc = 1; ssrc <= SrtpInbound.MaxSsrcs; ssrc++)
        {
            SrtpResult expected = ssrc == 3 ? SrtpResult.TooManySsrcs : SrtpResult.Replayed;
            Assert.Equal(expected, pair.Receive(pair.Protect(ssrc, sequenceNumber: (ushort)ssrc)));
        }
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Unauthenticated_packets_take_no_SSRC_slot(SrtpProfile profile)
    {
        using var pair = new SrtpPair(profile);

        for (uint ssrc = 0; ssrc < 1000; ssrc++)
        {
            byte[] packet = pair.Protect(ssrc, sequenceNumber: 1);
            packet[^3] ^= 0x10;
            Assert.Equal(SrtpResult.AuthenticationFailed, pair.Receive(packet));
            packet = pair.ProtectRtcp(ssrc, index: 1);
            packet[9] ^= 0x10;
            Assert.Equal(SrtpResult.AuthenticationFailed, pair.ReceiveRtcp(packet));
        }

        Assert.Equal(0, pair.Inbound.SsrcCount);
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Random_and_mutated_packets_never_throw_and_never_pass(SrtpProfile profile)
    {
        const int Seed = 96;
        var random = new Random(Seed);
        using var pair = new SrtpPair(profile);

        for (int i = 0; i < 20_000; i++)
        {
            byte[] packet = (i & 1) == 0
                ? pair.Protect(7, (ushort)i, payloadLength: random.Next(60))
                : pair.ProtectRtcp(7, (uint)i + 1);

            switch (random.Next(3))
            {
                case 0:
                    packet = packet[..random.Next(packet.Length)];
                    break;
                case 1:
                    packet[random.Next(packet.Length)] ^= (byte)random.Next(1, 256);
                    break;
                default:
                    packet = new byte[random.Next(100)];
                    random.NextBytes(packet);
                    break;
            }

            Assert.True(pair.Receive(packet) != SrtpResult.Ok, $"seed {Seed}, input {i}");
            Assert.True(pair.ReceiveRtcp(packet) != SrtpResult.Ok, $"seed {Seed}, input {i}");
        }

        Assert.Equal(0, pair.Inbound.SsrcCount);
    }

    [Fact]
    public void A_header_that_claims_more_than_the_packet_is_malformed()
    {
        using var pair = new SrtpPair(SrtpProfile.AeadAes128Gcm);
        byte[] packet = pair.Protect(ssrc: 7, sequenceNumber: 1);

        byte[] manySources = [.. packet];
        manySources[0] = 0x8F;
        Assert.Equal(SrtpResult.Malformed, pair.Receive(manySources));

        byte[] longExtension = [.. packet];
        longExtension[14] = 0xFF;
        Assert.Equal(SrtpResult.Malformed, pair.Receive(longExtension));

        byte[] version1 = [.. packet];
        version1[0] = 0x50;
        Assert.Equal(SrtpResult.Malformed, pair.Receive(version1));
        Assert.Equal(SrtpResult.TooShort, pair.Receive(packet[..27]));
        Assert.Equal(SrtpResult.TooShort, pair.ReceiveRtcp(packet[..27]));
    }

    [Fact]
    public void Nothing_is_decrypted_or_encrypted_after_disposal()
    {
        var pair = new SrtpPair(SrtpProfile.AeadAes128Gcm);
        byte[] packet = pair.Protect(ssrc: 7, sequenceNumber: 1);
        pair.Dispose();

        Assert.Equal(SrtpResult.Disposed, pair.Receive(packet));
        Assert.Equal(SrtpResult.Disposed, pair.ReceiveRtcp(packet));
        Assert.Empty(pair.Protect(ssrc: 7, sequenceNumber: 2));
        Assert.Empty(pair.ProtectRtcp(ssrc: 7, index: 2));
    }

    [Theory]
    [InlineData(SrtpProfile.Aes128CmHmacSha1_80, false)]
    [InlineData(SrtpProfile.AeadAes128Gcm, false)]
    [InlineData(SrtpProfile.Aes128CmHmacSha1_80, true)]
    [InlineData(SrtpProfile.AeadAes128Gcm, true)]
    public void A_packet_costs_no_allocation_in_either_direction(SrtpProfile profile, bool portable)
    {
        using var pair = new SrtpPair(profile, portable);
        byte[] buffer = new byte[2048];
        Exchange(pair, buffer, first: 0, count: 100);

        int accepted = 0;
        long allocated = Allocations.PerRound(round => accepted += Exchange(pair, buffer, first: 100 + (round * 160), count: 160));

        Assert.Equal(960, accepted);
        Assert.Equal(0, allocated);
    }

    private static int Exchange(SrtpPair pair, byte[] buffer, int first, int count)
    {
        int accepted = 0;

        for (int i = first; i < first + count; i++)
        {
            // A new SSRC every 10 packets: taking a slot must not allocate either.
            uint ssrc = (uint)i / 10;
            int length = SrtpPair.WriteRtp(buffer, ssrc, (ushort)i, payloadLength: 1 + i * 2);
            length = pair.Outbound.Protect(buffer, length, rolloverCounter: 0);
            accepted += pair.Inbound.TryUnprotect(buffer.AsSpan(0, length), out _) == SrtpResult.Ok ? 1 : 0;

            length = SrtpPair.WriteRtcp(buffer, ssrc);
            length = pair.Outbound.ProtectRtcp(buffer, length, (uint)i + 1);
            accepted += pair.Inbound.TryUnprotectRtcp(buffer.AsSpan(0, length), out _) == SrtpResult.Ok ? 1 : 0;
        }

        return accepted;
    }
}
