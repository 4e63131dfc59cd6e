using Calls.Domain.Ports;

namespace Calls.Server.Api;

/// <summary>The system administrators of the site. Implemented by the front end.</summary>
public interface IAdministrators
{
    /// <summary>Sends the first 25 of them a direct message of the bot.</summary>
    /// <param name="props">Beside those that every post of the bot has; may be empty.</param>
    /// <returns>How many there are; a failure for one of them is only logged.</returns>
    /// <exception cref="ChatHostException">They could not be looked up.</exception>
    Task<int> TellAsync(string message, string type, IReadOnlyDictionary<string, object?> props, CancellationToken cancellation);
}
