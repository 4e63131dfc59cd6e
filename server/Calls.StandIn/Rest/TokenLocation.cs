namespace Calls.StandIn.Rest;

/// <summary>Where a request carried its token.</summary>
internal enum TokenLocation
{
    None,
    Cookie,
    Header,
    Query,
}
