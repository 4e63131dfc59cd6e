namespace Calls.StandIn.Rest;

/// <summary>What an endpoint asks of its caller.</summary>
internal enum Access
{
    /// <summary>Nothing; a session is used when there is one.</summary>
    Anyone,

    /// <summary>A session whose user owes no MFA.</summary>
    Session,

    /// <summary>Like <see cref="Anyone"/>, for requests that a cross-site page can make without harm.</summary>
    AnyoneTrusted,
}
