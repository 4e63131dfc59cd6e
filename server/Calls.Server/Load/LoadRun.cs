using System.Diagnostics;
using Calls.Rtc.Dtls;

namespace Calls.Server.Load;

/// <summary>One run: join everybody, let media flow, measure, let some more join, rest, report.</summary>
internal sealed class LoadRun(LoadOptions options, ILoadTarget target, int? pid, Uri? metrics, Progress progress)
{
    private static readonly TimeSpan JoinLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan JoinerLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    /// <exception cref="LoadException">Not everybody could join; the text says how many could.</exception>
    public async Task<LoadReport> RunAsync(CancellationToken cancellation)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        using var certificate = DtlsCertificate.Create(DateTimeOffset.UtcNow);
        using var dtls = new DtlsContext(certificate);
        LoadWorker[] workers = [.. Enumerable.Range(0, Math.Clamp(Environment.ProcessorCount / 2, 1, 8)).Select(static _ => new LoadWorker())];
        var sessions = new List<ILoadSession>();
        try
        {
            await target.PrepareAsync(options, share => progress.Show("preparing", share), cancellation);
            ServerReading empty = await ReadAsync(http, cancellation);
            await JoinAllAsync(workers, sessions, dtls, cancellation);
            await UntilAsync("connecting", workers, static tally => tally.Open, options.Sessions, "connected", cancellation);

            Array.ForEach(workers, static worker => worker.IsSending = true);
            int toHear = options.Calls * (options.Unmuted switch { 0 => 0, 1 => options.Users - 1, _ => options.Users });
            if (!options.TalkSpurts)
            {
                await UntilAsync("hearing", workers, static tally => tally.Hearing, toHear, "heard somebody", cancellation);
            }

            await WaitAsync("warming up", options.WarmUp, cancellation);
            Array.ForEach(workers, static worker => worker.Tally.IsMeasuring = true);
            (ServerReading start, ServerReading end, double measured) = await MeasureAsync("measuring", options.Duration, http, cancellation);
            Array.ForEach(workers, static worker => worker.Tally.IsMeasuring = false);
            Distribution joins = options.Unmuted > 0 ? await JoinOneByOneAsync(workers[0], sessions, dtls, cancellation) : new();

            (ServerReading Before, ServerReading After, double Seconds)? idle = null;
            if (options.Idle > 0)
            {
                Array.ForEach(workers, static worker => worker.IsSending = false);
                await Task.Delay(Settle, cancellation);
                idle = await MeasureAsync("resting", options.Idle, http, cancellation);
            }

            var tally = new Tally();
            Array.ForEach(workers, worker =>
            {
                worker.Dispose();
                tally.Add(worker.Tally);
            });
            return LoadReport.Of(options, tally, joins, measured, empty, idle, start, end);
        }
        finally
        {
            progress.End();
            Array.ForEach(workers, static worker => worker.Dispose());
            foreach (ILoadSession session in sessions)
            {
                await session.DisposeAsync();
            }
        }
    }

    private async Task JoinAllAsync(LoadWorker[] workers, List<ILoadSession> sessions, DtlsContext dtls, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        for (int user = 0; user < options.Users; user++)
        {
            for (int call = 0; call < options.Calls; call++)
            {
                TimeSpan due = TimeSpan.FromSeconds(sessions.Count / options.JoinRate) - Stopwatch.GetElapsedTime(start);
                if (due > TimeSpan.Zero)
                {
                    await Task.Delay(due, cancellation);
                }

                LoadWorker worker = workers[sessions.Count % workers.Length];
                var participant = new LoadParticipant(call, user, options, worker.Tally, dtls, LoadWorker.NowMs);
                try
                {
                    ILoadSession session = await target.JoinAsync(call, user, participant.Deliver, cancellation);
                    sessions.Add(session);
                    worker.Add(participant, session);
                }
                catch
                {
                    participant.Dispose();
                    throw;
                }

                progress.Show($"joining {sessions.Count}/{options.Sessions}", (double)sessions.Count / options.Sessions);
            }
        }
    }

    private async Task<Distribution> JoinOneByOneAsync(LoadWorker worker, List<ILoadSession> sessions, DtlsContext dtls, CancellationToken cancellation)
    {
        var heardAfter = new Distribution();
        for (int i = 0; i < options.Joins; i++)
        {
            progress.Show($"joining one by one {i + 1}/{options.Joins}", (double)i / options.Joins);
            var tally = new Tally();
            int call = i % options.Calls;
            int user = options.Users + (i / options.Calls);
            var participant = new LoadParticipant(call, user, options, tally, dtls, LoadWorker.NowMs);
            ILoadSession session = await target.JoinAsync(call, user, participant.Deliver, cancellation);
            sessions.Add(session);
            worker.Add(participant, session);
            long start = Stopwatch.GetTimestamp();
            while (Volatile.Read(ref tally.Hearing) == 0 && Stopwatch.GetElapsedTime(start) < JoinerLimit)
            {
                await Task.Delay(Poll, cancellation);
            }

            heardAfter.Add(Volatile.Read(ref tally.Hearing) > 0 ? tally.FirstAudio.Max : JoinerLimit.TotalMilliseconds);
            sessions.Remove(session);
            await session.DisposeAsync();
        }

        return heardAfter;
    }

    private async Task UntilAsync(string step, LoadWorker[] workers, Func<Tally, long> count, int wanted, string done, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            long reached = workers.Sum(worker => count(worker.Tally));
            progress.Show($"{step} {reached}/{wanted}", wanted == 0 ? 1 : (double)reached / wanted);
            if (reached >= wanted)
            {
                return;
            }

            if (Stopwatch.GetElapsedTime(start) > JoinLimit)
            {
                throw new LoadException($"only {reached} of {wanted} sessions {done} within {JoinLimit.TotalSeconds} s");
            }

            await Task.Delay(Poll, cancellation);
        }
    }

    private async Task<(ServerReading Before, ServerReading After, double Seconds)> MeasureAsync(string step, int seconds, HttpClient http, CancellationToken cancellation)
    {
        ServerReading before = await ReadAsync(http, cancellation);
        long start = Stopwatch.GetTimestamp();
        await WaitAsync(step, seconds, cancellation);
        double measured = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return (before, await ReadAsync(http, cancellation), measured);
    }

    private async Task WaitAsync(string step, int seconds, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        for (double elapsed = 0; elapsed < seconds; elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds)
        {
            progress.Show($"{step} {elapsed:F0}/{seconds} s", elapsed / seconds);
            await Task.Delay(TimeSpan.FromSeconds(Math.Min(Poll.TotalSeconds, seconds - elapsed)), cancellation);
        }
    }

    private Task<ServerReading> ReadAsync(HttpClient http, CancellationToken cancellation) => ServerReading.TakeAsync(pid, http, metrics ?? target.Metrics, cancellation);
}
