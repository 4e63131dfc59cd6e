using Calls.Rtc.Sessions;

namespace Calls.Rtc.Tests.Sessions;

public sealed class SessionMailboxTests
{
    [Fact]
    public async Task Items_of_many_posters_are_handled_one_at_a_time_and_each_posters_in_order()
    {
        const int Posters = 4;
        const int Each = 5_000;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int[] next = new int[Posters];
        int inside = 0;
        int handled = 0;
        string? fault = null;
        var mailbox = new SessionMailbox<(int Poster, int Number)>(int.MaxValue, item =>
        {
            if (Interlocked.Increment(ref inside) != 1 || next[item.Poster]++ != item.Number)
            {
                fault = $"poster {item.Poster}, number {item.Number}";
            }

            Interlocked.Decrement(ref inside);
            if (++handled == Posters * Each)
            {
                done.SetResult();
            }
        });

        await Task.WhenAll(Enumerable.Range(0, Posters).Select(poster => Task.Run(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                mailbox.TryPost((poster, i));
            }
        })));
        await done.Task;

        Assert.Null(fault);
    }

    [Fact]
    public async Task A_full_mailbox_refuses_and_counts_but_takes_what_is_vital()
    {
        const int Capacity = 8;
        using var gate = new ManualResetEventSlim();
        var drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var handled = new List<int>();
        var mailbox = new SessionMailbox<int>(Capacity, item =>
        {
            gate.Wait();
            handled.Add(item);
            if (item == -1)
            {
                drained.SetResult();
            }
        });

        int taken = Enumerable.Range(0, 100).Count(item => mailbox.TryPost(item));
        Assert.True(mailbox.TryPost(-1, isVital: true));
        gate.Set();
        await drained.Task;

        Assert.Equal(Capacity, taken);
        Assert.Equal(100 - Capacity, mailbox.Refused);
        Assert.Equal([.. Enumerable.Range(0, Capacity), -1], handled);
    }
}
