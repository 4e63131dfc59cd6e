using Calls.Domain;

namespace Calls.Server.Mattermost.Relay;

/// <content>Frames of Mattermost on their way to the client (mattermost-integration.md 3.5).</content>
internal sealed partial class RelayConnection
{
    private void OnUpstream(ConnectionInput.UpstreamReceived received)
    {
        // After a resume was planned, late frames of the old socket are Mattermost's to replay.
        byte[]? down = received.Pair == _pair ? Take(received.Frame) : null;
        if (down is not null && _isAttached && _state != ConnectionState.Dead)
        {
            received.Pair.SendToClient(new ClientFrameOut(down, received.Frame.IsText, FrameOrigin.Upstream));
        }
        else
        {
            received.Pair.ReleaseUpstreamCredit();
        }

        received.Frame.Return();

        // Nothing of ours may overtake a greeting or the end of a replay.
        if (_opensNext)
        {
            _opensNext = false;
            Open();
        }
    }

    private byte[]? Take(ReceivedFrame frame)
    {
        if (!frame.IsText)
        {
            return frame.Payload.ToArray();
        }

        UpstreamFrame read = UpstreamFrame.Read(frame.Payload);
        return read.Kind switch
        {
            UpstreamFrameKind.Event => TakeEvent(frame.Payload, read),
            UpstreamFrameKind.Reply when IsProbeReply(read) => null,
            _ => frame.Payload.ToArray(),
        };
    }

    private byte[]? TakeEvent(ReadOnlySpan<byte> frame, in UpstreamFrame read)
    {
        if (read.IsSlow)
        {
            _context.Counters.AddSlowParse();
        }

        if (read.EventName.SequenceEqual("hello"u8) && !TryBegin(frame))
        {
            return null;
        }

        if (_record is null)
        {
            // Mattermost greets before anything else.
            Kill();
            return null;
        }

        switch (_record.Accept(frame, read, out byte[] numbered))
        {
            case UpstreamOrder.Next:
                Prove();
                _context.Observer.Observe(read.EventName, frame);
                return numbered;
            case UpstreamOrder.Duplicate:
                return null;
            default:
                _context.Counters.AddBrokenStream();
                Kill();
                return null;
        }
    }

    // A greeting starts a new record: on a fresh connection, or because Mattermost did not resume the old one.
    private bool TryBegin(ReadOnlySpan<byte> frame)
    {
        if (!Hello.TryRead(frame, out ConnectionId id, out UserId user) || (_record is not null && _record.User != user))
        {
            Kill();
            return false;
        }

        ReportDisconnected();
        Unregister();
        Volatile.Write(ref _record, new ConnectionRecord(id, user));
        _context.Registry.Add(id, user, this);
        _state = ConnectionState.Live;
        _replay = [];
        _asked = null;
        _opensNext = true;
        _pair!.OnIdentified();
        return true;
    }
}
