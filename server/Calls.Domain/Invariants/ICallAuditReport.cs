namespace Calls.Domain.Invariants;

/// <summary>Where the audit reports what it found.</summary>
public interface ICallAuditReport
{
    void Checked();

    void Violated(CallViolation violation);
}
