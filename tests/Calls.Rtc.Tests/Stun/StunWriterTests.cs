using System.Net;
using System.Text;
using Calls.Rtc.Crypto;
using Calls.Rtc.Stun;

namespace Calls.Rtc.Tests.Stun;

public sealed class StunWriterTests
{
    private static readonly HmacSha1Key Key = new("password"u8);

    // Left-over bytes of an earlier message must not show through padding.
    private readonly byte[] _buffer = Enumerable.Repeat((byte)0xEE, StunWriter.MaxSize).ToArray();

    [Fact]
    public void Every_recorded_success_response_is_reproduced_byte_for_byte()
    {
        int reproduced = 0;
        foreach (RecordedStun recorded in RecordedStun.All.Where(recorded => !recorded.IsRequest))
        {
            Assert.True(StunMessageView.TryParse(recorded.Datagram, out StunMessageView response));
            Assert.True(response.TryGetMappedAddress(out TransportAddress mapped));

            int length = StunWriter.WriteBindingSuccess(
                _buffer, response.TransactionId, mapped, new HmacSha1Key(Encoding.ASCII.GetBytes(recorded.Password)));

            Assert.Equal(recorded.Datagram, _buffer[..length]);
            reproduced++;
        }

        Assert.True(reproduced > 0);
    }

    [Theory]
    [InlineData("192.0.2.1:32853")]
    [InlineData("[2001:db8:1234:5678:11:2233:4455:6677]:1")]
    public void The_mapped_address_survives_writing_and_reading(string address)
    {
        TransportAddress mapped = TransportAddress.From(IPEndPoint.Parse(address));

        int length = StunWriter.WriteBindingSuccess(_buffer, "0123456789AB"u8, mapped, Key);

        Assert.True(StunMessageView.TryParse(_buffer.AsSpan(0, length), out StunMessageView message));
        Assert.True(message.TryGetMappedAddress(out TransportAddress read));
        Assert.Equal(mapped, read);
        Assert.True(message.HasIntegrity(Key) && message.ContainsFingerprint && message.HasValidFingerprint());
    }

    [Fact]
    public void A_role_conflict_is_error_487_with_integrity_and_fingerprint()
    {
        int length = StunWriter.WriteRoleConflict(_buffer, "0123456789AB"u8, Key);

        Assert.True(StunMessageView.TryParse(_buffer.AsSpan(0, length), out StunMessageView message));
        Assert.Equal(StunMessageType.BindingError, message.Type);
        Assert.Equal(487, message.ErrorCode);
        Assert.True(message.TransactionId.SequenceEqual("0123456789AB"u8));
        Assert.True(message.HasIntegrity(Key) && message.ContainsFingerprint && message.HasValidFingerprint());
    }

    [Fact]
    public void Unknown_attributes_are_named_in_error_420_up_to_four()
    {
        byte[] request = Convert.FromHexString(
            "00010018" + "2112A442000102030405060708090A0B" + "000300007FF100007FF200007FF300007FF400007FF50000");
        Assert.True(StunMessageView.TryParse(request, out StunMessageView view));
        Assert.Equal(6, view.UnknownRequiredCount);

        int length = StunWriter.WriteUnknownAttributes(_buffer, view, Key);

        Assert.True(StunMessageView.TryParse(_buffer.AsSpan(0, length), out StunMessageView message));
        Assert.Equal(420, message.ErrorCode);
        Assert.True(message.HasIntegrity(Key) && message.HasValidFingerprint());
        Assert.True(_buffer.AsSpan(0, length).IndexOf(Convert.FromHexString("000A000800037FF17FF27FF3")) > 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_check_carries_all_that_ice_asks_for(bool isControlling)
    {
        var check = new StunCheck
        {
            TransactionId = "0123456789AB"u8,
            Username = "knIHQNbFTtFVyQkd:+Ffj"u8,
            Priority = 0x6E7F1EFF,
            IsControlling = isControlling,
            TieBreaker = 0x5BC9270945725209,
            UseCandidate = true,
        };

        int length = StunWriter.WriteCheck(_buffer, check, Key);

        Assert.True(StunMessageView.TryParse(_buffer.AsSpan(0, length), out StunMessageView message));
        Assert.Equal(StunMessageType.BindingRequest, message.Type);
        Assert.Equal("knIHQNbFTtFVyQkd:+Ffj", Encoding.ASCII.GetString(message.Username));
        Assert.Equal((0x6E7F1EFFu, 0x5BC9270945725209ul), (message.Priority, message.TieBreaker));
        Assert.Equal((isControlling, !isControlling), (message.IsControlling, message.IsControlled));
        Assert.True(message.UseCandidate);
        Assert.True(message.HasIntegrity(Key) && message.ContainsFingerprint && message.HasValidFingerprint());
        Assert.Equal(-1, _buffer.AsSpan(0, length).IndexOf((byte)0xEE));
    }

    [Fact]
    public void A_discovery_request_is_a_bare_header()
    {
        int length = StunWriter.WriteDiscovery(_buffer, "0123456789AB"u8);

        Assert.Equal("000100002112A442303132333435363738394142", Convert.ToHexString(_buffer.AsSpan(0, length)));
    }

    [Fact]
    public void Answers_allocate_nothing_and_outgrow_no_recorded_check_by_more_than_12_bytes()
    {
        TransportAddress ipv6 = TransportAddress.From(IPEndPoint.Parse("[2001:db8::1]:1"));
        StunWriter.WriteBindingSuccess(_buffer, "0123456789AB"u8, ipv6, Key);
        StunWriter.WriteRoleConflict(_buffer, "0123456789AB"u8, Key);
        long before = GC.GetAllocatedBytesForCurrentThread();

        int success = StunWriter.WriteBindingSuccess(_buffer, "0123456789AB"u8, ipv6, Key);
        int conflict = StunWriter.WriteRoleConflict(_buffer, "0123456789AB"u8, Key);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        int smallest = RecordedStun.All.Where(recorded => recorded.IsRequest && recorded.FromBrowser).Min(recorded => recorded.Datagram.Length);
        Assert.True(Math.Max(success, conflict) <= smallest + 12);
    }
}
