using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;

namespace Calls.Server.Load;

/// <summary>A thread and the participants that it moves.</summary>
internal sealed class LoadWorker : IDisposable
{
    private readonly ConcurrentQueue<(LoadParticipant Participant, ILoadSession Session)> _joining = new();
    private readonly List<LoadParticipant> _participants = [];
    private readonly Dictionary<Socket, LoadParticipant> _bySocket = [];
    private readonly Thread _thread;
    private volatile bool _isOver;

    public LoadWorker()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "load" };
        _thread.Start();
    }

    public Tally Tally { get; } = new();

    /// <summary>Whether participants send media.</summary>
    public bool IsSending { get; set; }

    public static long NowMs => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);

    /// <summary>Any thread: the participant is moved from now on.</summary>
    public void Add(LoadParticipant participant, ILoadSession session) => _joining.Enqueue((participant, session));

    /// <summary>Closes all participants and ends the thread.</summary>
    public void Dispose()
    {
        _isOver = true;
        _thread.Join();
    }

    private void Run()
    {
        var readable = new List<Socket>();
        var ready = new HashSet<LoadParticipant>();
        while (!_isOver)
        {
            while (_joining.TryDequeue(out (LoadParticipant Participant, ILoadSession Session) joined))
            {
                _participants.Add(joined.Participant);
                _bySocket.Add(joined.Participant.Socket, joined.Participant);
                joined.Participant.Start(joined.Session, NowMs);
            }

            if (_participants.Count == 0)
            {
                Thread.Sleep(1); // nobody is here yet: the thread has no other use
                continue;
            }

            readable.Clear();
            readable.AddRange(_bySocket.Keys);
            Socket.Select(readable, null, null, microSeconds: 1_000);
            ready.Clear();
            foreach (Socket socket in readable)
            {
                ready.Add(_bySocket[socket]);
            }

            long nowMs = NowMs;
            foreach (LoadParticipant participant in _participants)
            {
                participant.Turn(nowMs, ready.Contains(participant), IsSending);
            }
        }

        _participants.ForEach(static participant =>
        {
            participant.Close(NowMs);
            participant.Dispose();
        });
    }
}
