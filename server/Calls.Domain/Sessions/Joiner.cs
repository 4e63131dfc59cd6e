using Calls.Domain.Ports;

namespace Calls.Domain.Sessions;

/// <summary>One join on its way into a call.</summary>
internal sealed class Joiner(JoinRequest request, JoinAdmission admission, TimeProvider time, long startedAt)
{
    // Every join is answered within this time (modes.md 17.1).
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(12);

    public JoinRequest Request => request;

    public JoinAdmission Admission => admission;

    public SessionId Session { get; } = new(request.Connection.Value);

    /// <summary>Why it failed.</summary>
    public JoinRefusal? Refusal { get; private set; }

    /// <summary>What is left until it must be answered.</summary>
    public TimeSpan Left => AnswerLimit - time.GetElapsedTime(startedAt) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    public void Refuse(JoinRefusal refusal) => Refusal ??= refusal;

    /// <summary>What a client is told of a failure; <c>null</c> for a defect.</summary>
    public static JoinRefusal? Explain(Exception failure) => failure switch
    {
        ChatHostException => new JoinRefusal(JoinRefusalReason.ChatHostFailed, failure.Message),
        OperationCanceledException => new JoinRefusal(JoinRefusalReason.ChatHostFailed, "context deadline exceeded"),
        CallLockException => new JoinRefusal(JoinRefusalReason.LockFailed, failure.Message),
        CallStoreException store => new JoinRefusal(JoinRefusalReason.StoreFailed, store.Message, store.Operation),
        _ => null,
    };
}
