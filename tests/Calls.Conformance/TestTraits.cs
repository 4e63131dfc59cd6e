using System.Text.RegularExpressions;

namespace Calls.Conformance;

/// <summary>Which tests carry which item, read from <c>[Trait("Spec", "NAME-N")]</c> in the sources below <c>tests</c>.</summary>
internal static partial class TestTraits
{
    /// <returns>Item id to the tests that prove it (<c>Class.Method</c>), in the order of the files.</returns>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Read(string testsFolder)
    {
        var found = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        IEnumerable<string> files = Directory.EnumerateFiles(testsFolder, "*.cs", SearchOption.AllDirectories)
            .Where(static file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

        foreach (string file in files)
        {
            var pending = new List<string>();
            bool skipped = false;
            foreach (string line in File.ReadLines(file))
            {
                // A skipped test proves nothing.
                skipped |= SkippedTest().IsMatch(line);
                pending.AddRange(SpecTrait().Matches(line).Select(static match => match.Groups[1].Value));
                if (pending.Count == 0 && !skipped)
                {
                    continue;
                }

                Match declaration = MethodOrClass().Match(line);
                if (!declaration.Success)
                {
                    continue;
                }

                string test = $"{Path.GetFileNameWithoutExtension(file)}.{declaration.Groups["name"].Value}";
                foreach (string id in skipped ? [] : pending)
                {
                    if (!found.TryGetValue(id, out List<string>? tests))
                    {
                        found.Add(id, tests = []);
                    }

                    tests.Add(test);
                }

                pending.Clear();
                skipped = false;
            }
        }

        return found.ToDictionary(static pair => pair.Key, static pair => (IReadOnlyList<string>)pair.Value, StringComparer.Ordinal);
    }

    [GeneratedRegex("""Trait\("Spec", "([a-z-]+-\d+)"\)""")]
    private static partial Regex SpecTrait();

    [GeneratedRegex(@"\[(Fact|Theory)\(.*Skip\s*=")]
    private static partial Regex SkippedTest();

    [GeneratedRegex(@"\b(public|internal)\b.*?\b(?<name>[A-Za-z_]\w*)\s*\(")]
    private static partial Regex MethodOrClass();
}
