namespace Calls.Server.Rtcd.Configuration;

/// <summary>A value of a TOML file and where it stands.</summary>
/// <param name="Value"><see cref="string"/>, <see cref="long"/>, <see cref="double"/>, <see cref="bool"/>, a list of values, a dictionary of them, or another type's text.</param>
/// <param name="Line">From 1.</param>
internal sealed record TomlValue(object Value, int Line);
