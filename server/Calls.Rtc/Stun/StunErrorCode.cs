namespace Calls.Rtc.Stun;

/// <summary>Errors that we answer with (RFC 8489, section 18.4; RFC 8445, section 16.2).</summary>
public enum StunErrorCode
{
    UnknownAttribute = 420,

    /// <summary>Both sides claim the same role; the receiver of this error changes its own.</summary>
    RoleConflict = 487,
}
