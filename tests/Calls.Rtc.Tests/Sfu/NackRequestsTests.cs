using Calls.Rtc.Rtcp;
using Calls.Rtc.Sfu;

namespace Calls.Rtc.Tests.Sfu;

public sealed class NackRequestsTests
{
    [Fact]
    public async Task Requests_pass_from_one_loop_to_another_in_order_and_none_twice()
    {
        var requests = new NackRequests();
        const int Count = 20_000;
        Task<int> adding = Task.Run(() =>
        {
            byte[] plain = new byte[100];
            int added = 0;
            for (int i = 0; i < Count; i++)
            {
                int length = Nack.Write(plain, 1, 2, [(ushort)i], out _);
                var reader = new RtcpReader(plain.AsSpan(0, length));
                reader.MoveNext();
                Nack.TryParse(reader.Current, out Nack nack);
                added += requests.Add(nack);
            }

            return added;
        });

        int taken = 0;
        int last = -1;
        while (!adding.IsCompleted || requests.HasSome)
        {
            if (requests.TryTake(out ushort number, out _))
            {
                Assert.True(number > last);
                last = number;
                taken++;
            }
        }

        Assert.Equal(await adding, taken);
    }
}
