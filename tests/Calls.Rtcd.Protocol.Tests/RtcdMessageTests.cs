using System.Text;

namespace Calls.Rtcd.Protocol.Tests;

public sealed class RtcdMessageTests
{
    private const string Envelope = "a8 67726f75705f6964 a0 a7 757365725f6964 a0 aa 73657373696f6e5f6964 a1 73 a7 63616c6c5f6964 a0 a4 74797065";

    public static TheoryData<RtcdMessage, string> Samples() => new()
    {
        { new HelloMessage("clientA", "abcdefghijklmnopqrstuvwxyz"), $"a5 68656c6c6f 82 a8 636c69656e744944 a7 636c69656e7441 a6 636f6e6e4944 ba {Hex("abcdefghijklmnopqrstuvwxyz")}" },
        { new LeaveMessage("s"), "a5 6c65617665 81 a9 73657373696f6e4944 a1 73" },
        { new ReconnectMessage("s"), "a9 7265636f6e6e656374 81 a9 73657373696f6e4944 a1 73" },
        { new CloseMessage("s"), "a5 636c6f7365 81 a9 73657373696f6e4944 a1 73" },
        {
            new JoinMessage("c", "u", "s") { ChannelId = "ch", Av1Support = true, DcSignaling = false },
            "a4 6a6f696e 86 a6 63616c6c4944 a1 63 a6 757365724944 a1 75 a9 73657373696f6e4944 a1 73 a9 6368616e6e656c4944 a2 6368 aa 617631537570706f7274 c3 ab 64635369676e616c696e67 c2"
        },
        { new RtcMessage("", "", "s", "", 3, default), $"a3 727463 85 {Envelope} 03" },
        { new RtcMessage("", "", "s", "", 2, Encoding.UTF8.GetBytes("{\"type\":\"offer\",\"sdp\":\"v=0\"}")), $"a3 727463 86 {Envelope} 02 a4 64617461 c4 1c {Hex("{\"type\":\"offer\",\"sdp\":\"v=0\"}")}" },
        {
            new VoiceActivityMessage("g", "u", "s", "c", 7),
            "a3 766164 85 a8 67726f75705f6964 a1 67 a7 757365725f6964 a1 75 aa 73657373696f6e5f6964 a1 73 a7 63616c6c5f6964 a1 63 a4 74797065 07"
        },
    };

    [Theory]
    [MemberData(nameof(Samples))]
    [Trait("Spec", "rtcd-18")]
    public void Messages_are_written_byte_for_byte_as_the_reference_writes_them(RtcdMessage message, string hex)
    {
        Assert.Equal(Bytes(hex), RtcdMessageWriter.ToBytes(message));
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Messages_of_the_reference_are_read(RtcdMessage message, string hex)
    {
        Assert.Equal(RtcdReadResult.Ok, RtcdMessageReader.TryRead(Bytes(hex), out RtcdMessage? read));

        Assert.Equal(RtcdMessageWriter.ToBytes(message), RtcdMessageWriter.ToBytes(read!));
    }

    [Theory]
    [InlineData("c4 02 7b7d")]
    [InlineData("c5 0002 7b7d")]
    [InlineData("c6 00000002 7b7d")]
    [InlineData("a2 7b7d")]
    [InlineData("d9 02 7b7d")]
    [Trait("Spec", "rtcd-19")]
    public void Data_is_the_same_in_every_form_of_bytes(string data)
    {
        RtcMessage read = ReadRtc($"a3 727463 86 {Envelope} 02 a4 64617461 {data}");

        Assert.Equal("{}", Encoding.UTF8.GetString(read.Data.Span));
    }

    [Theory]
    [InlineData("02")]
    [InlineData("cc 02")]
    [InlineData("cd 0002")]
    [InlineData("ce 00000002")]
    [InlineData("d0 02")]
    [InlineData("d3 0000000000000002")]
    [Trait("Spec", "rtcd-19")]
    public void The_type_is_the_same_in_every_form_of_integers(string type)
    {
        Assert.Equal(2, ReadRtc($"a3 727463 85 {Envelope} {type}").Type);
    }

    [Fact]
    public void An_envelope_may_be_an_array_in_the_order_of_its_fields()
    {
        RtcMessage read = ReadRtc("a3 727463 96 a1 67 a1 75 a1 73 a1 63 02 c4 02 7b7d");

        Assert.Equal(("g", "u", "s", "c", 2, 2), (read.GroupId, read.UserId, read.SessionId, read.CallId, read.Type, read.Data.Length));
    }

    [Fact]
    public void Unknown_keys_of_an_envelope_are_skipped_and_keys_may_be_bin()
    {
        RtcMessage read = ReadRtc("a3 727463 83 a1 78 81 a1 79 90 c4 0a 73657373696f6e5f6964 a1 73 a4 74797065 03");

        Assert.Equal(("s", 3), (read.SessionId, read.Type));
    }

    [Theory]
    [InlineData("a5 6c65617665 80")]
    [InlineData("a5 6c65617665 c0")]
    [InlineData("a5 6c65617665 81 a9 73657373696f6e4944 01")]
    [InlineData("a5 6c65617665 82 a9 73657373696f6e4944 a1 73 a1 78 c3")]
    public void A_leave_of_another_shape_is_unexpected(string hex)
    {
        Assert.Equal(RtcdReadResult.UnexpectedData, RtcdMessageReader.TryRead(Bytes(hex), out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a5 6c65617665")]
    [InlineData("82 a4 74797065 a4 6a6f696e a4 64617461 80")]
    [InlineData("92 a4 6a6f696e 80")]
    [InlineData("a2 c328 80")]
    [InlineData("a4 6a6f696e df ffffffff")]
    [InlineData("a3 727463 df ffffffff a1 78")]
    [InlineData("a3 727463 dd ffffffff")]
    [InlineData("a3 727463 86 a8 67726f75705f6964 db ffffffff 41")]
    [InlineData("a3 727463 81 aa 73657373696f6e5f6964 a2 c328")]
    [InlineData("a3 727463 81 a1 78 91 91 91 91 91 91 91 91 91 91 c0")]
    [InlineData("c1 c0")]
    public void False_lengths_depths_and_text_are_malformed(string hex)
    {
        Assert.Equal(RtcdReadResult.Malformed, RtcdMessageReader.TryRead(Bytes(hex), out RtcdMessage? message));
        Assert.Null(message);
    }

    [Fact]
    public void A_join_has_its_props_in_any_order_and_with_what_nobody_knows()
    {
        byte[] frame = Bytes(
            $"a4 6a6f696e 87 ab 64635369676e616c696e67 c3 aa 617631537570706f7274 c2 a7 67726f75704944 a1 78 a9 73657373696f6e4944 a1 73 a6 757365724944 a1 75 a6 63616c6c4944 a1 63 a1 7a 90");

        Assert.Equal(RtcdReadResult.Ok, RtcdMessageReader.TryRead(frame, out RtcdMessage? message));
        Assert.Equal(new JoinMessage("c", "u", "s") { Av1Support = false, DcSignaling = true }, message);
    }

    [Fact]
    public void Random_and_mutated_frames_never_throw_nor_grow()
    {
        var random = new Random(20_261_125);
        byte[][] seeds = [.. Samples().Select(static sample => Bytes((string)sample[1]))];
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 30_000; i++)
        {
            byte[] frame = (byte[])seeds[i % seeds.Length].Clone();
            for (int change = random.Next(6); change >= 0; change--)
            {
                frame[random.Next(frame.Length)] = (byte)random.Next(256);
            }

            RtcdReadResult result = RtcdMessageReader.TryRead(frame.AsSpan(0, random.Next(frame.Length + 1)), out RtcdMessage? message);
            Assert.Equal(result == RtcdReadResult.Ok, message is not null);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 30_000 * 4_000L);
    }

    private static RtcMessage ReadRtc(string hex)
    {
        Assert.Equal(RtcdReadResult.Ok, RtcdMessageReader.TryRead(Bytes(hex), out RtcdMessage? message));
        return Assert.IsType<RtcMessage>(message);
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

    private static string Hex(string text) => Convert.ToHexString(Encoding.UTF8.GetBytes(text));
}
