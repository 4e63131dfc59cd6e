using System.Globalization;

namespace Calls.Server.Rtcd.Configuration;

/// <summary>
/// Where rtcd's settings come from: the environment, then the file. Names that circulate in deployment guides are taken for the real
/// ones unless that is refused; they never stand above a real one (rtcd.md 16).
/// </summary>
internal sealed class RtcdSources
{
    private const string Prefix = "RTCD_";
    private const string AliasAddress = "http.serveraddress";
    private const string AliasPort = "http.serverport";
    private const string AliasAddressVariable = "RTCD_HTTP_SERVERADDRESS";
    private const string AliasPortVariable = "RTCD_HTTP_SERVERPORT";

    private readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TomlValue> _file = new(StringComparer.Ordinal);
    private readonly List<string> _warnings = [];
    private readonly string _fileName;

    /// <param name="isStrict">No aliases, and values are taken as they are.</param>
    public RtcdSources(IReadOnlyDictionary<string, string> environment, TomlSettings file, string fileName, bool isStrict)
    {
        _fileName = fileName;
        HashSet<string> variables = [.. RtcdSetting.All.Select(static setting => setting.Variable)];
        HashSet<string> keys = [.. RtcdSetting.All.Select(static setting => setting.Key)];
        List<string> unknownVariables = [];
        foreach ((string name, string value) in environment.Where(static pair => pair.Key.StartsWith(Prefix, StringComparison.Ordinal)).OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            if (variables.Contains(name))
            {
                _environment[name] = isStrict ? value : Unquote(name, value);
            }
            else if (!RtcdSetting.IgnoredVariables.Contains(name))
            {
                unknownVariables.Add(name);
            }
        }

        Dictionary<string, TomlValue> unknown = [];
        foreach ((string key, TomlValue value) in file.Values)
        {
            (keys.Contains(key) ? _file : unknown)[key] = value;
        }

        if (!isStrict)
        {
            TakeAliases(unknown);
            TakeAliases(unknownVariables, environment);
        }

        _warnings.AddRange(unknown.OrderBy(static pair => pair.Value.Line).Select(pair => $"{_fileName} line {pair.Value.Line}: unknown key \"{pair.Key}\" is ignored"));
        _warnings.AddRange(unknownVariables.Select(static name => $"unknown variable {name} is ignored"));
    }

    /// <summary>One line per alias and per unknown name; never a value.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    public string Text(RtcdSetting setting, string fallback) =>
        _environment.TryGetValue(setting.Variable, out string? text) ? text
        : !_file.TryGetValue(setting.Key, out TomlValue? value) ? fallback
        : value.Value as string ?? throw WrongType(setting, value, "a string");

    /// <summary>Text, or a number that is written as one.</summary>
    public string TextOrNumber(RtcdSetting setting, string fallback) =>
        !_environment.ContainsKey(setting.Variable) && _file.TryGetValue(setting.Key, out TomlValue? value) && value.Value is long number
            ? number.ToString(CultureInfo.InvariantCulture)
            : Text(setting, fallback);

    public bool Truth(RtcdSetting setting, bool fallback)
    {
        if (_environment.TryGetValue(setting.Variable, out string? text))
        {
            return text switch
            {
                "1" or "t" or "T" or "TRUE" or "true" or "True" => true,
                "0" or "f" or "F" or "FALSE" or "false" or "False" => false,
                _ => throw WrongVariable(setting, text, "bool"),
            };
        }

        return !_file.TryGetValue(setting.Key, out TomlValue? value) ? fallback : value.Value as bool? ?? throw WrongType(setting, value, "true or false");
    }

    public int Number(RtcdSetting setting, int fallback)
    {
        if (_environment.TryGetValue(setting.Variable, out string? text))
        {
            return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : throw WrongVariable(setting, text, "int");
        }

        return !_file.TryGetValue(setting.Key, out TomlValue? value) ? fallback
            : value.Value is long whole and >= int.MinValue and <= int.MaxValue ? (int)whole
            : throw WrongType(setting, value, "a whole number");
    }

    public IReadOnlyList<RtcdIceServer> IceServers(RtcdSetting setting)
    {
        if (_environment.TryGetValue(setting.Variable, out string? text))
        {
            return IceServerList.TryParseJson(text, out IReadOnlyList<RtcdIceServer> servers) ? servers : throw WrongVariable(setting, null, "rtc.ICEServers");
        }

        return !_file.TryGetValue(setting.Key, out TomlValue? value) ? []
            : IceServerList.TryConvert(value, out IReadOnlyList<RtcdIceServer> list) ? list
            : throw WrongType(setting, value, "a list of tables with urls, or a list of URLs");
    }

    // Values of credentials are never shown: only those that were to be a number or a truth are.
    private static RtcdConfigurationException WrongVariable(RtcdSetting setting, string? value, string type) =>
        new($"envconfig.Process: assigning {setting.Variable}: {(value is null ? "its value" : $"\"{value}\"")} cannot be converted to type {type}");

    private RtcdConfigurationException WrongType(RtcdSetting setting, TomlValue value, string expected) =>
        new($"{_fileName} line {value.Line}: {setting.Key} should be {expected}");

    private string Unquote(string name, string value)
    {
        if (value.Length < 2 || value[0] != value[^1] || value[0] is not ('"' or '\''))
        {
            return value;
        }

        _warnings.Add($"the quotes around the value of {name} are left out");
        return value[1..^1];
    }

    private void TakeAliases(Dictionary<string, TomlValue> unknown)
    {
        TakeAddress(
            Take(unknown, AliasAddress)?.Value as string,
            Take(unknown, AliasPort)?.Value is { } port ? Convert.ToString(port, CultureInfo.InvariantCulture) : null,
            "HTTP.ServerAddress and HTTP.ServerPort");
        TakeAlias(unknown, "http.apisecurityallowselfregistration", RtcdSetting.AllowSelfRegistration);
        foreach (RtcdSetting setting in RtcdSetting.All)
        {
            TakeAlias(unknown, setting.Key.Replace("_", "", StringComparison.Ordinal), setting);
        }
    }

    private void TakeAliases(List<string> unknown, IReadOnlyDictionary<string, string> environment)
    {
        string? address = unknown.Remove(AliasAddressVariable) ? environment[AliasAddressVariable] : null;
        string? port = unknown.Remove(AliasPortVariable) ? environment[AliasPortVariable] : null;
        if (address is null && port is null)
        {
            return;
        }

        _warnings.Add($"{AliasAddressVariable} and {AliasPortVariable} are not rtcd's names: use {RtcdSetting.ListenAddress.Variable}");
        _environment.TryAdd(RtcdSetting.ListenAddress.Variable, JoinAddress(address, port));
    }

    private void TakeAlias(Dictionary<string, TomlValue> unknown, string alias, RtcdSetting setting)
    {
        if (Take(unknown, alias) is not { } value)
        {
            return;
        }

        _warnings.Add($"{_fileName} line {value.Line}: \"{alias}\" is not rtcd's name: use {setting.Key}");
        _file.TryAdd(setting.Key, value);
    }

    private void TakeAddress(string? address, string? port, string aliases)
    {
        if (address is null && port is null)
        {
            return;
        }

        _warnings.Add($"{_fileName}: {aliases} are not rtcd's names: use {RtcdSetting.ListenAddress.Key}");
        _file.TryAdd(RtcdSetting.ListenAddress.Key, new(JoinAddress(address, port), 0));
    }

    private static string JoinAddress(string? address, string? port) => port is null ? address ?? "" : $"{address}:{port}";

    private static TomlValue? Take(Dictionary<string, TomlValue> values, string key) => values.Remove(key, out TomlValue? value) ? value : null;
}
