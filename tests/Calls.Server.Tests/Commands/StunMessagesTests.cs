using Calls.Server.Commands.Doctor;

namespace Calls.Server.Tests.Commands;

/// <summary>Answers of servers that the doctor asks.</summary>
public sealed class StunMessagesTests
{
    private const int Seed = 20261125;

    [Fact]
    public void Whatever_arrives_is_read_or_refused()
    {
        var random = new Random(Seed);
        byte[] request = StunMessages.Write(StunMessages.Allocate, null, (StunMessages.RequestedTransport, [17, 0, 0, 0]));
        byte[] answer = StunMessages.Write(StunMessages.Allocate | StunMessages.Success, StunMessages.KeyOf("u", "r", "p"), (StunMessages.Realm, "realm"u8.ToArray()), (StunMessages.Nonce, new byte[33]));
        request.AsSpan(4, 16).CopyTo(answer.AsSpan(4));
        Assert.True(StunMessages.TryRead(answer, request, out ushort type, out Dictionary<ushort, byte[]> whole));
        Assert.Equal((0x0103, "realm", 33), (type, System.Text.Encoding.UTF8.GetString(whole[StunMessages.Realm]), whole[StunMessages.Nonce].Length));

        for (int run = 0; run < 30_000; run++)
        {
            byte[] mutated = answer[..random.Next(answer.Length + 1)];
            for (int change = random.Next(4); change > 0 && mutated.Length > 0; change--)
            {
                mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            }

            bool isRead = StunMessages.TryRead(mutated, request, out _, out Dictionary<ushort, byte[]> attributes);
            Assert.True(attributes.Values.Sum(static value => value.Length) <= mutated.Length, $"seed {Seed}, run {run}, {isRead}");
        }
    }

    [Fact]
    public void A_message_of_another_transaction_is_no_answer()
    {
        byte[] request = StunMessages.Write(StunMessages.Binding, null);

        Assert.False(StunMessages.TryRead(StunMessages.Write(StunMessages.Binding, null), request, out _, out _));
    }
}
