using System.CommandLine.Parsing;
using System.Net;

namespace Calls.Server.Commands;

/// <summary>Addresses on the command line.</summary>
internal static class EndpointOption
{
    public static IPEndPoint? Parse(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (IPEndPoint.TryParse(text, out IPEndPoint? endpoint) && text.EndsWith($":{endpoint.Port}", StringComparison.Ordinal))
        {
            return endpoint;
        }

        result.AddError($"\"{text}\" is not an address with a port, such as 127.0.0.1:8065.");
        return null;
    }

    public static IPAddress? ParseAddress(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (IPAddress.TryParse(text, out IPAddress? address))
        {
            return address;
        }

        result.AddError($"\"{text}\" is not an IP address, such as 192.0.2.10.");
        return null;
    }
}
