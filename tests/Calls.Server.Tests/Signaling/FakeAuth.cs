using Calls.Domain.Ports;

namespace Calls.Server.Tests.Signaling;

internal sealed class FakeAuth : HostAuth;
