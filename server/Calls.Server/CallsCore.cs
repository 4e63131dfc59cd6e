using Calls.Domain;
using Calls.Domain.HostControl;
using Calls.Domain.Invariants;
using Calls.Domain.Jobs;
using Calls.Domain.Ports;
using Calls.Domain.Recovery;
using Calls.Domain.Sessions;
using Calls.Server.Api;
using Calls.Server.Configuration;
using Calls.Server.Observability.Metrics;
using Calls.Server.Persistence;
using Calls.Server.Signaling;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Calls.Server;

/// <summary>Puts the core together: calls, their store, signaling and the REST API.</summary>
internal static class CallsCore
{
    /// <summary>
    /// Adds the core. It needs from others: <see cref="CurrentCallsSettings"/>, <see cref="IChatHost"/>,
    /// <see cref="IBotPosts"/>, <see cref="IJobService"/>, <see cref="IMediaRouter"/>, <see cref="IEventDelivery"/>,
    /// <see cref="IRequestIdentity"/>, the API also <see cref="Api.Bot.IBotHost"/>; and gives: <see cref="IClientConnections"/>,
    /// <see cref="IMediaEvents"/>.
    /// </summary>
    public static IServiceCollection AddCallsCore(this IServiceCollection services, CallsCoreOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<ICallRules>(provider => provider.GetRequiredService<CurrentCallsSettings>());
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<CallsMetrics>();
        services.AddSingleton<IMetricSource>(provider => provider.GetRequiredService<CallsMetrics>());
        services.AddSingleton<IMetricSource, SessionMetrics>();

        // What another process does to the same rows goes by the real clock, whatever a test does with ours.
        services.AddSingleton<ICallsDatabase>(provider => options.Postgres is { } url
            ? new PostgresDatabase(url)
            : new SqliteDatabase(options.DatabaseFile, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new SqlCallStore(provider.GetRequiredService<ICallsDatabase>(), TimeProvider.System));
        services.AddSingleton<ICallStore>(provider => new MeasuredCallStore(provider.GetRequiredService<SqlCallStore>(), provider.GetRequiredService<CallsMetrics>()));
        services.AddSingleton<ICallHistory, SqlCallHistory>();
        services.AddSingleton<IServiceCredentialStore, SqlServiceCredentialStore>();

        services.AddSingleton<ICallLog, CallLog>();
        services.AddSingleton<BackgroundTasks>();
        services.AddSingleton<CallDirectory>();
        services.AddSingleton<CallPostEdits>();
        services.AddSingleton<CallPosts>();
        services.AddSingleton<LocalSessions>();
        services.AddSingleton<MediaReports>();
        services.AddSingleton<IMediaEvents>(provider => provider.GetRequiredService<MediaReports>());
        services.AddSingleton<SessionLifecycle>();
        services.AddSingleton<SessionActions>();
        services.AddSingleton<CallJoining>();
        services.AddSingleton<HostControls>();
        services.AddSingleton<CallDismissal>();
        services.AddSingleton<JobDeadlines>();
        services.AddSingleton<JobReports>();
        services.AddSingleton<RecordingPosts>();
        services.AddSingleton<Recordings>();
        services.AddSingleton<CallRecovery>();
        services.AddSingleton<ICallAuditReport, CallAuditReport>();
        services.AddSingleton<CallAudit>();

        services.AddSingleton<EventWriter>();
        services.AddSingleton<ICallEvents>(provider => provider.GetRequiredService<EventWriter>());
        services.AddSingleton<CallStateReader>();
        services.AddSingleton<ClientMessageHandlers>();
        services.AddSingleton<ClientMessageDispatcher>();
        services.AddSingleton<IClientConnections>(provider => provider.GetRequiredService<ClientMessageDispatcher>());
        services.AddCallsApi();
        services.AddHostedService<CallsCoreLifetime>();
        return services;
    }
}
