namespace Calls.Server.Mattermost.Relay;

/// <content>A client that comes back (mattermost-integration.md 3.6, 3.7).</content>
internal sealed partial class RelayConnection
{
    private byte[][] _replay = [];
    private long _probe;

    private void OnReserve(ConnectionInput.ReserveRequested reserve)
    {
        if (_record is null || _record.User != reserve.User || _state == ConnectionState.Reserved)
        {
            reserve.Answer.TrySetResult(null);
            return;
        }

        // The client noticed the break before us (case R3).
        if (_isAttached)
        {
            Detach();
            _pair!.AbortClient();
        }

        _state = ConnectionState.Reserved;
        reserve.Answer.TrySetResult(_pair?.UpstreamEnded ?? Task.CompletedTask);
    }

    private void OnPlan(ConnectionInput.PlanRequested plan)
    {
        _pair = null;
        if (_state == ConnectionState.Reserved && _record!.CanResume(plan.Next))
        {
            plan.Answer.TrySetResult(_record.LastUp + 1);
            return;
        }

        // Its client starts afresh, nobody will ask for this record again.
        plan.Answer.TrySetResult(null);
        Kill();
    }

    private void OnAttached(ConnectionInput.PairAttached attached)
    {
        if (_state != ConnectionState.Reserved)
        {
            attached.Pair.AbortClient();
            return;
        }

        _pair = attached.Pair;
        _isAttached = true;
        _state = ConnectionState.Resuming;
        _replay = [.. _record!.Replay(attached.Next)];
        _probe = attached.Pair.Probe;
        _challengeToken = null;
        _upgradeToken = attached.Token;
        if (attached.Token != _token)
        {
            // A check of the old token that is still under way no longer counts.
            _gate = CallsGate.Checking;
            _isChecking = false;
            Interlocked.Increment(ref _checks);
        }

        _ = ExpectProofAsync(attached.Pair);
    }

    // Mattermost continued the old connection: whatever it sends now, it sends to the owner of the ring.
    private void Prove()
    {
        if (_state != ConnectionState.Resuming)
        {
            return;
        }

        _state = ConnectionState.Replaying;
        foreach (byte[] frame in _replay)
        {
            _pair!.SendToClient(new ClientFrameOut(frame, IsText: true, FrameOrigin.Replayed));
        }

        _replay = [];
    }

    private bool IsProbeReply(in UpstreamFrame read)
    {
        if (_probe == 0 || read.SeqReply != _probe)
        {
            return false;
        }

        // The reply comes after everything Mattermost had queued for this connection.
        _probe = 0;
        Prove();
        if (_state == ConnectionState.Replaying)
        {
            _state = ConnectionState.Live;
            _opensNext = true;
        }

        return true;
    }
}
