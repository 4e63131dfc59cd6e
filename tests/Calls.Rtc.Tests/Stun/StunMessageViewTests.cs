using System.Buffers.Binary;
using System.Text;
using Calls.Rtc.Crypto;
using Calls.Rtc.Stun;

namespace Calls.Rtc.Tests.Stun;

public sealed class StunMessageViewTests
{
    private const string Header = "2112A442000102030405060708090A0B";

    [Fact]
    public void Every_recorded_message_is_read_and_both_its_checks_hold()
    {
        Assert.NotEmpty(RecordedStun.All);
        foreach (RecordedStun recorded in RecordedStun.All)
        {
            Assert.True(StunMessageView.TryParse(recorded.Datagram, out StunMessageView message), recorded.Capture);
            Assert.True(message.HasIntegrity(new HmacSha1Key(Encoding.ASCII.GetBytes(recorded.Password))), recorded.Capture);
            Assert.False(message.HasIntegrity(new HmacSha1Key("another password"u8)), recorded.Capture);
            Assert.True(message.ContainsFingerprint && message.HasValidFingerprint(), recorded.Capture);
            Assert.Equal(recorded.IsRequest ? StunMessageType.BindingRequest : StunMessageType.BindingSuccess, message.Type);
            Assert.Equal(0, message.UnknownRequiredCount);
            if (!recorded.IsRequest)
            {
                Assert.True(message.TryGetMappedAddress(out _), recorded.Capture);
                continue;
            }

            Assert.True(message.TrySplitUsername(out ReadOnlySpan<byte> receiver, out ReadOnlySpan<byte> sender));
            Assert.Equal(recorded.FromBrowser ? recorded.SfuUfrag : recorded.BrowserUfrag, Encoding.ASCII.GetString(receiver));
            Assert.Equal(recorded.FromBrowser ? recorded.BrowserUfrag : recorded.SfuUfrag, Encoding.ASCII.GetString(sender));
            Assert.NotEqual(0u, message.Priority);
            Assert.Equal(recorded.FromBrowser, message.IsControlling);
        }
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("00010000" + "2112A442000102030405060708090A", "shorter than a header")]
    [InlineData("00010000" + "2112A443000102030405060708090A0B", "another cookie")]
    [InlineData("40010000" + Header, "a first byte above 3")]
    [InlineData("00010004" + Header, "declared length beyond the datagram")]
    [InlineData("00010000" + Header + "00000000", "bytes behind the message")]
    [InlineData("00010002" + Header + "0000", "length not a multiple of four")]
    [InlineData("00010004" + Header + "80220001", "attribute value beyond the message")]
    [InlineData("00010008" + Header + "8022FFFF00000000", "attribute length beyond the message")]
    [InlineData("00010008" + Header + "0024000300000000", "PRIORITY of three bytes")]
    [InlineData("00010008" + Header + "0025000100000000", "USE-CANDIDATE with a value")]
    [InlineData("00010008" + Header + "802A000400000000", "ICE-CONTROLLING of four bytes")]
    [InlineData("00010008" + Header + "0008000400000000", "MESSAGE-INTEGRITY of four bytes")]
    [InlineData("0001000C" + Header + "802800040000000080220000", "FINGERPRINT not last")]
    [InlineData("00010008" + Header + "0020000400010000", "XOR-MAPPED-ADDRESS without an address")]
    public void A_message_whose_parts_do_not_fit_is_refused(string hex, string because)
    {
        Assert.False(StunMessageView.TryParse(Convert.FromHexString(hex), out _), because);
    }

    [Fact]
    public void A_message_without_attributes_is_read()
    {
        Assert.True(StunMessageView.TryParse(Convert.FromHexString("00010000" + Header), out StunMessageView message));

        Assert.True(message.Username.IsEmpty);
        Assert.False(message.TrySplitUsername(out _, out _));
        Assert.False(message.ContainsIntegrity);
        Assert.False(message.HasIntegrity(new HmacSha1Key("x"u8)));
        Assert.True(message.HasValidFingerprint());
        Assert.Equal((0u, 0ul, 0), (message.Priority, message.TieBreaker, message.ErrorCode));
        Assert.False(message.TryGetMappedAddress(out _));
    }

    [Fact]
    public void Attributes_behind_the_integrity_are_ignored()
    {
        byte[] check = Check();
        Assert.True(StunMessageView.TryParse(check, out StunMessageView original));
        Assert.False(original.UseCandidate);

        // USE-CANDIDATE slipped in before the FINGERPRINT by somebody without the password.
        byte[] forged = [.. check[..^8], 0x00, 0x25, 0, 0, .. check[^8..]];
        BinaryPrimitives.WriteUInt16BigEndian(forged.AsSpan(2), (ushort)(forged.Length - StunFormat.HeaderSize));
        BinaryPrimitives.WriteUInt32BigEndian(forged.AsSpan(forged.Length - 4), Crc32.Compute(forged.AsSpan(0, forged.Length - 8)) ^ 0x5354554E);

        Assert.True(StunMessageView.TryParse(forged, out StunMessageView message));
        Assert.True(message.HasIntegrity(new HmacSha1Key("password"u8)));
        Assert.True(message.HasValidFingerprint());
        Assert.False(message.UseCandidate);
    }

    [Fact]
    public void A_changed_bit_breaks_the_integrity_and_the_fingerprint()
    {
        byte[] check = Check();
        var key = new HmacSha1Key("password"u8);
        for (int bit = StunFormat.TransactionIdOffset * 8; bit < check.Length * 8; bit++)
        {
            byte[] changed = [.. check];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            if (StunMessageView.TryParse(changed, out StunMessageView message))
            {
                Assert.False(message.HasIntegrity(key) && message.ContainsFingerprint && message.HasValidFingerprint(), $"bit {bit}");
            }
        }
    }

    [Fact]
    public void Unknown_attributes_that_must_be_understood_are_counted()
    {
        string attributes = "00030004" + "00000000" + "7FFF0000" + "C0570000";
        Assert.True(StunMessageView.TryParse(Convert.FromHexString("00010010" + Header + attributes), out StunMessageView message));

        Span<ushort> unknown = stackalloc ushort[8];

        Assert.Equal(2, message.UnknownRequiredCount);
        Assert.Equal(2, message.CopyUnknownRequired(unknown));
        Assert.Equal([0x0003, 0x7FFF], unknown[..2].ToArray());
    }

    [Fact]
    public void Random_and_mutated_datagrams_never_throw()
    {
        const int Seed = 20_240;
        var random = new Random(Seed);
        byte[][] corpus = [.. RecordedStun.All.Select(recorded => recorded.Datagram)];
        var key = new HmacSha1Key("password"u8);
        Span<ushort> unknown = stackalloc ushort[4];
        byte[] output = new byte[StunWriter.MaxSize];
        for (int round = 0; round < 40_000; round++)
        {
            byte[] datagram = [.. corpus[random.Next(corpus.Length)]];
            for (int change = random.Next(5); change > 0; change--)
            {
                datagram[random.Next(datagram.Length)] = (byte)random.Next(256);
            }

            if (random.Next(4) == 0)
            {
                Array.Resize(ref datagram, random.Next(datagram.Length + 8));
            }

            if (random.Next(8) == 0)
            {
                random.NextBytes(datagram);
            }

            try
            {
                if (StunMessageView.TryParse(datagram, out StunMessageView message))
                {
                    message.HasIntegrity(key);
                    message.HasValidFingerprint();
                    message.TryGetMappedAddress(out _);
                    message.TrySplitUsername(out _, out _);
                    message.CopyUnknownRequired(unknown);
                    StunWriter.WriteUnknownAttributes(output, message, key);
                    _ = message.Priority + message.TieBreaker + (ulong)message.ErrorCode;
                }
            }
            catch (Exception exception)
            {
                Assert.Fail($"seed {Seed}, round {round}, {Convert.ToHexString(datagram)}: {exception}");
            }
        }
    }

    private static byte[] Check()
    {
        byte[] buffer = new byte[StunWriter.MaxSize];
        var check = new StunCheck
        {
            TransactionId = "0123456789AB"u8,
            Username = "there:here"u8,
            Priority = 1,
            IsControlling = true,
            TieBreaker = 2,
            UseCandidate = false,
        };
        return buffer[..StunWriter.WriteCheck(buffer, check, new HmacSha1Key("password"u8))];
    }
}
