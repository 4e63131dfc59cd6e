namespace Calls.Server.Jobs;

/// <summary>What jobs need to know of the site they work for.</summary>
internal interface IJobSite
{
    /// <summary>Public URL without slash at the end; empty if it is not known.</summary>
    string SiteUrl { get; }

    /// <summary>The id that Mattermost goes by.</summary>
    /// <exception cref="Calls.Domain.Ports.ChatHostException"/>
    Task<string> GetDiagnosticIdAsync(CancellationToken cancellation);

    /// <summary>Bytes that a file may have.</summary>
    /// <exception cref="Calls.Domain.Ports.ChatHostException"/>
    Task<long> GetMaxFileSizeAsync(CancellationToken cancellation);
}
