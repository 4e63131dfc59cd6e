using System.Globalization;
using System.Net;
using Calls.Rtc.Ice;

namespace Calls.Server.Rtcd.Configuration;

/// <summary>Reads and checks rtcd's settings. The first fault ends it, in rtcd's words (rtcd.md 11).</summary>
internal static class RtcdOptionsReader
{
    private const int WeekMinutes = 7 * 24 * 60;

    private static readonly string[] Levels = ["panic", "fatal", "error", "warn", "info", "debug", "trace", "stdlog"];

    /// <exception cref="RtcdConfigurationException">A value has the wrong type (rtcd: "failed to load config").</exception>
    public static RtcdOptions Read(RtcdSources sources)
    {
        var none = new RtcdOptions();
        return new()
        {
            ListenAddress = sources.Text(RtcdSetting.ListenAddress, none.ListenAddress),
            TlsEnable = sources.Truth(RtcdSetting.TlsEnable, none.TlsEnable),
            TlsCertFile = sources.Text(RtcdSetting.TlsCertFile, none.TlsCertFile),
            TlsCertKey = sources.Text(RtcdSetting.TlsCertKey, none.TlsCertKey),
            EnableAdmin = sources.Truth(RtcdSetting.EnableAdmin, none.EnableAdmin),
            AdminSecretKey = sources.Text(RtcdSetting.AdminSecretKey, none.AdminSecretKey),
            AllowSelfRegistration = sources.Truth(RtcdSetting.AllowSelfRegistration, none.AllowSelfRegistration),
            SessionExpirationMinutes = sources.Number(RtcdSetting.ExpirationMinutes, none.SessionExpirationMinutes),
            IceAddressUdp = Addresses(sources.Text(RtcdSetting.IceAddressUdp, "")),
            IcePortUdp = sources.Number(RtcdSetting.IcePortUdp, none.IcePortUdp),
            IceAddressTcp = Addresses(sources.Text(RtcdSetting.IceAddressTcp, "")),
            IcePortTcp = sources.Number(RtcdSetting.IcePortTcp, none.IcePortTcp),
            IceHostOverride = sources.Text(RtcdSetting.IceHostOverride, none.IceHostOverride),
            IceHostPortOverride = sources.TextOrNumber(RtcdSetting.IceHostPortOverride, none.IceHostPortOverride),
            IceServers = sources.IceServers(RtcdSetting.IceServers),
            TurnStaticAuthSecret = sources.Text(RtcdSetting.TurnSecret, none.TurnStaticAuthSecret),
            TurnCredentialsExpirationMinutes = sources.Number(RtcdSetting.TurnExpiration, none.TurnCredentialsExpirationMinutes),
            EnableIPv6 = sources.Truth(RtcdSetting.EnableIPv6, none.EnableIPv6),
            UdpSocketsCount = sources.Number(RtcdSetting.UdpSocketsCount, none.UdpSocketsCount),
            NackBufferSize = sources.Number(RtcdSetting.NackBufferSize, none.NackBufferSize),
            NackDisableCopy = sources.Truth(RtcdSetting.NackDisableCopy, none.NackDisableCopy),
            StoreDataSource = sources.Text(RtcdSetting.DataSource, none.StoreDataSource),
            EnableConsole = sources.Truth(RtcdSetting.EnableConsole, none.EnableConsole),
            ConsoleJson = sources.Truth(RtcdSetting.ConsoleJson, none.ConsoleJson),
            ConsoleLevel = sources.Text(RtcdSetting.ConsoleLevel, none.ConsoleLevel),
            EnableFile = sources.Truth(RtcdSetting.EnableFile, none.EnableFile),
            FileJson = sources.Truth(RtcdSetting.FileJson, none.FileJson),
            FileLevel = sources.Text(RtcdSetting.FileLevel, none.FileLevel),
            FileLocation = sources.Text(RtcdSetting.FileLocation, none.FileLocation),
            EnableColor = sources.Truth(RtcdSetting.EnableColor, none.EnableColor),
            DrainTimeout = Duration(sources.Text(RtcdSetting.DrainTimeout, "")),
        };
    }

    /// <exception cref="RtcdConfigurationException">A value is not allowed (rtcd: "failed to validate config").</exception>
    public static void Validate(RtcdOptions options)
    {
        RequireText(options.ListenAddress, "ListenAddress");
        Require(ListenAddress.TryParse(options.ListenAddress, out _), $"invalid ListenAddress value: \"{options.ListenAddress}\" is not host:port");
        if (options.TlsEnable)
        {
            RequireText(options.TlsCertFile, "CertFile");
            RequireText(options.TlsCertKey, "CertKey");
        }

        Require(!options.EnableAdmin || options.AdminSecretKey.Length > 0, "invalid AdminSecretKey value: should not be empty");
        RequirePort(options.IcePortUdp, "ICEPortUDP");
        RequirePort(options.IcePortTcp, "ICEPortTCP");
        if (options.IceHostPortOverride.Length > 0 && !IceHostPortOverride.TryParse(options.IceHostPortOverride, out _, out string? fault))
        {
            throw new RtcdConfigurationException(fault.Contains("ICEHostPortOverride", StringComparison.Ordinal) ? fault : $"invalid ICEHostPortOverride value: {fault}");
        }

        foreach (RtcdIceServer server in options.IceServers)
        {
            Require(server.Fault is null, $"invalid ICEServers value: {server.Fault}");
        }

        if (options.TurnStaticAuthSecret.Length > 0)
        {
            Require(options.TurnCredentialsExpirationMinutes > 0, "invalid CredentialsExpirationMinutes value: should be a positive number");
            Require(options.TurnCredentialsExpirationMinutes < WeekMinutes, "invalid CredentialsExpirationMinutes value: should be less than 1 week");
        }

        Require(options.UdpSocketsCount > 0, "invalid UDPSocketsCount value: should be greater than 0");
        Require(
            options.NackBufferSize == 0 || (options.NackBufferSize is >= 32 and <= 8192 && int.IsPow2(options.NackBufferSize)),
            "invalid NACKBufferSize value: should be 0 or a power of two in range [32, 8192]");
        RequireText(options.StoreDataSource, "DataSource");
        Require(options.EnableConsole || options.EnableFile, "should enable at least one logging target");
        Require(!options.EnableConsole || IsLevel(options.ConsoleLevel), $"invalid ConsoleLevel value \"{options.ConsoleLevel}\"");
        Require(!options.EnableFile || IsLevel(options.FileLevel), $"invalid FileLevel value \"{options.FileLevel}\"");
        Require(!options.EnableFile || options.FileLocation.Length > 0, "invalid FileLocation value: should not be empty");
        Require(options.SessionExpirationMinutes > 0, "invalid ExpirationMinutes value: should be a positive number");
    }

    private static bool IsLevel(string level) => Levels.Contains(level, StringComparer.OrdinalIgnoreCase);

    private static IReadOnlyList<IPAddress> Addresses(string list) =>
        [.. list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(static text =>
            IPAddress.TryParse(text, out IPAddress? address) ? address : throw new RtcdConfigurationException($"invalid ICEAddress value: {text} is not a valid IP address"))];

    /// <summary>As Go writes it: <c>1h30m</c>, <c>90s</c>.</summary>
    private static TimeSpan? Duration(string text)
    {
        if (text.Length == 0)
        {
            return null;
        }

        double seconds = 0;
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsAsciiDigit(text[i]) || text[i] == '.')
            {
                continue;
            }

            double unit = text[i] switch { 'h' => 3600, 'm' => 60, 's' => 1, _ => 0 };
            if (unit == 0 || !double.TryParse(text.AsSpan(start, i - start), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double amount))
            {
                break;
            }

            seconds += amount * unit;
            start = i + 1;
        }

        return start == text.Length && seconds < TimeSpan.MaxValue.TotalSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw new RtcdConfigurationException($"invalid DrainTimeout value: \"{text}\" is not a duration such as 1h30m or 90s");
    }

    private static void RequirePort(int port, string field)
    {
        if (IceListenSettings.ErrorOfPort(field, port) is { } fault)
        {
            throw new RtcdConfigurationException(fault);
        }
    }

    private static void RequireText(string value, string field) => Require(value.Length > 0, $"invalid {field} value: should not be empty");

    private static void Require(bool holds, string fault)
    {
        if (!holds)
        {
            throw new RtcdConfigurationException(fault);
        }
    }
}
