using Calls.Server.Rtcd.WebSockets;

namespace Calls.Server.Tests.Rtcd.WebSockets;

public sealed class FrameReaderTests
{
    private const int Limit = 4_096;

    [Fact]
    public async Task Random_and_mutated_bytes_end_with_a_fault_and_never_with_more_than_the_limit()
    {
        var random = new Random(6455);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            if (bytes.Length > 14 && random.Next(2) == 0)
            {
                // Something that begins as a frame should.
                (bytes[0], bytes[1]) = ((byte)(0x80 | random.Next(3)), (byte)(0x80 | random.Next(128)));
            }

            var reader = new FrameReader(new MemoryStream(bytes), Limit);
            int messages = 0;
            ReceivedMessage received;
            while ((received = await reader.ReceiveAsync(CancellationToken.None)).Fault == FrameFault.None)
            {
                Assert.InRange(received.Payload.Length, 0, Limit);
                Assert.True(++messages <= bytes.Length, $"input {i} of seed 6455");
            }
        }
    }

    [Fact]
    public async Task Fragments_up_to_the_limit_are_one_message_and_one_byte_more_is_too_much()
    {
        foreach ((int second, FrameFault fault) in ((int, FrameFault)[])[(Limit - 100, FrameFault.None), (Limit - 99, FrameFault.TooBig)])
        {
            byte[] bytes = [0x02, 0x80 | 100, 0, 0, 0, 0, .. new byte[100], 0x80, 0x80 | 126, (byte)(second >> 8), (byte)second, 0, 0, 0, 0, .. new byte[second]];

            ReceivedMessage received = await new FrameReader(new MemoryStream(bytes), Limit).ReceiveAsync(CancellationToken.None);

            Assert.Equal((fault, fault == FrameFault.None ? Limit : 0), (received.Fault, received.Payload.Length));
        }
    }
}
