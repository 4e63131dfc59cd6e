using Calls.Domain.Ports;
using Calls.Server.Configuration;

namespace Calls.Server.Jobs;

/// <summary>Puts the connection to the job service into a host.</summary>
internal static class JobsHosting
{
    /// <summary>Adds <see cref="IJobService"/>. It needs from others: <see cref="IJobSite"/> and what the core adds.</summary>
    public static IServiceCollection AddJobs(this IServiceCollection services, JobServiceOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<JobService>();
        services.AddSingleton<IJobService>(static provider => provider.GetRequiredService<JobService>());
        services.AddHostedService<JobServiceWatch>();
        return services;
    }
}
