using Xunit.Sdk;

namespace Calls.Server.Tests.Persistence.Testing;

/// <summary>A test of a contract: skipped in a class that needs PostgreSQL where there is none.</summary>
[XunitTestCaseDiscoverer("Calls.Server.Tests.Persistence.Testing.StoreFactDiscoverer", "Calls.Server.Tests")]
public sealed class StoreFactAttribute : FactAttribute;
