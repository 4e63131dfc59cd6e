using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace Calls.Server.Rtcd.Configuration;

/// <summary>The values of a TOML file by their dotted key, in lower case: rtcd does not tell cases apart (rtcd.md 11).</summary>
internal sealed class TomlSettings
{
    private TomlSettings(IReadOnlyDictionary<string, TomlValue> values) => Values = values;

    public static TomlSettings Empty { get; } = new(new Dictionary<string, TomlValue>());

    /// <summary>Tables are opened; arrays are values, of tables too.</summary>
    public IReadOnlyDictionary<string, TomlValue> Values { get; }

    /// <exception cref="RtcdConfigurationException">It is no TOML; the text has the line.</exception>
    public static TomlSettings Parse(string text, string fileName)
    {
        DocumentSyntax document = SyntaxParser.Parse(text, fileName, validate: true);
        if (document.HasErrors)
        {
            DiagnosticMessage first = document.Diagnostics.First(static fault => fault.Kind == DiagnosticMessageKind.Error);
            throw new RtcdConfigurationException($"{fileName} line {first.Span.Start.Line + 1}: {first.Message}");
        }

        var values = new Dictionary<string, TomlValue>(StringComparer.Ordinal);
        AddAll(values, "", document.KeyValues);
        foreach (TableSyntaxBase table in document.Tables)
        {
            string name = NameOf(table.Name!);
            if (table is TableArraySyntax)
            {
                AddToArray(values, name, table);
            }
            else
            {
                AddAll(values, name + ".", table.Items);
            }
        }

        return new(values);
    }

    private static void AddAll(Dictionary<string, TomlValue> values, string prefix, IEnumerable<KeyValueSyntax> pairs)
    {
        foreach (KeyValueSyntax pair in pairs)
        {
            Add(values, prefix + NameOf(pair.Key!), pair.Value!);
        }
    }

    private static void Add(Dictionary<string, TomlValue> values, string name, ValueSyntax value)
    {
        if (value is InlineTableSyntax table)
        {
            AddAll(values, name + ".", table.Items.Select(static item => item.KeyValue!));
            return;
        }

        values[name] = Convert(value);
    }

    private static void AddToArray(Dictionary<string, TomlValue> values, string name, TableSyntaxBase table)
    {
        if (!values.TryGetValue(name, out TomlValue? array) || array.Value is not List<TomlValue> items)
        {
            items = [];
            values[name] = new(items, LineOf(table));
        }

        var fields = new Dictionary<string, TomlValue>(StringComparer.Ordinal);
        AddAll(fields, "", table.Items);
        items.Add(new(fields, LineOf(table)));
    }

    private static TomlValue Convert(ValueSyntax value) => new(
        value switch
        {
            StringValueSyntax text => text.Value ?? "",
            IntegerValueSyntax number => number.Value,
            FloatValueSyntax number => number.Value,
            BooleanValueSyntax boolean => boolean.Value,
            ArraySyntax array => array.Items.Select(static item => Convert(item.Value!)).ToList(),
            InlineTableSyntax table => Fields(table),
            _ => value.ToString() ?? "",
        },
        LineOf(value));

    private static Dictionary<string, TomlValue> Fields(InlineTableSyntax table)
    {
        var fields = new Dictionary<string, TomlValue>(StringComparer.Ordinal);
        AddAll(fields, "", table.Items.Select(static item => item.KeyValue!));
        return fields;
    }

    private static int LineOf(SyntaxNode node) => node.Span.Start.Line + 1;

    private static string NameOf(KeySyntax key) =>
        string.Join('.', key.DotKeys.Select(static item => TextOf(item.Key!)).Prepend(TextOf(key.Key!)));

    private static string TextOf(BareKeyOrStringValueSyntax key) =>
        ((key as StringValueSyntax)?.Value ?? (key as BareKeySyntax)?.Key?.Text ?? "").ToLowerInvariant();
}
