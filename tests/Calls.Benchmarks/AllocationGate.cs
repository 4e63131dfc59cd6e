using System.Reflection;
using System.Text.Json;
using BenchmarkDotNet.Attributes;

namespace Calls.Benchmarks;

/// <summary>Compares the bytes that every benchmark allocates per operation with <c>allowed-bytes.json</c>.</summary>
/// <remarks>Bytes repeat exactly on any machine, unlike times: that is why they can be a gate.</remarks>
internal static class AllocationGate
{
    private const int WarmUp = 300;
    private const int Measured = 1_000;

    /// <returns><c>false</c> if a benchmark allocates more than allowed, or is not listed.</returns>
    public static bool Run(TextWriter output)
    {
        string file = Path.Combine(AppContext.BaseDirectory, "allowed-bytes.json");
        Dictionary<string, long> allowed = JsonSerializer.Deserialize<Dictionary<string, long>>(File.ReadAllText(file))
            ?? throw new InvalidDataException($"{file} holds no object.");
        bool isGood = true;
        foreach ((string name, long bytes) in Measure())
        {
            if (!allowed.Remove(name, out long limit))
            {
                output.WriteLine($"{name}: {bytes} bytes per operation, but allowed-bytes.json does not list it");
                isGood = false;
            }
            else if (bytes > limit)
            {
                output.WriteLine($"{name}: {bytes} bytes per operation, {limit} are allowed");
                isGood = false;
            }
            else
            {
                output.WriteLine($"{name}: {bytes} of {limit}");
            }
        }

        foreach (string name in allowed.Keys)
        {
            output.WriteLine($"{name}: listed in allowed-bytes.json, but there is no such benchmark");
            isGood = false;
        }

        return isGood;
    }

    private static IEnumerable<(string Name, long Bytes)> Measure() =>
        from type in typeof(AllocationGate).Assembly.GetTypes()
        from method in type.GetMethods()
        where method.IsDefined(typeof(BenchmarkAttribute))
        orderby type.Name, method.Name
        from values in Parameters(type)
        select (Name(method, values), Measure(type, method, values));

    private static string Name(MethodInfo method, (PropertyInfo Property, object Value)[] values)
    {
        string parameters = string.Join(", ", values.Select(static value => $"{value.Property.Name}={value.Value}"));
        return $"{method.DeclaringType!.Name}.{method.Name}({parameters})";
    }

    /// <summary>Every combination of the values of <c>[Params]</c>.</summary>
    private static IEnumerable<(PropertyInfo Property, object Value)[]> Parameters(Type type)
    {
        IEnumerable<(PropertyInfo, object)[]> combinations = [[]];
        foreach (PropertyInfo property in type.GetProperties())
        {
            if (property.GetCustomAttribute<ParamsAttribute>() is { } parameters)
            {
                combinations = combinations.SelectMany(combination => parameters.Values.Select(value => ((PropertyInfo, object)[])[.. combination, (property, value!)]));
            }
        }

        return combinations;
    }

    private static long Measure(Type type, MethodInfo method, (PropertyInfo Property, object Value)[] values)
    {
        object instance = Activator.CreateInstance(type)!;
        foreach ((PropertyInfo property, object value) in values)
        {
            property.SetValue(instance, value);
        }

        foreach (MethodInfo setup in type.GetMethods().Where(static candidate => candidate.IsDefined(typeof(GlobalSetupAttribute))))
        {
            setup.Invoke(instance, null);
        }

        Action operation = method.ReturnType == typeof(void)
            ? method.CreateDelegate<Action>(instance)
            : Discard(method.CreateDelegate<Func<int>>(instance));
        Repeat(operation, WarmUp);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Repeat(operation, Measured);
        return (GC.GetAllocatedBytesForCurrentThread() - before + Measured - 1) / Measured;
    }

    private static Action Discard(Func<int> operation) => () => operation();

    private static void Repeat(Action operation, int times)
    {
        for (int i = 0; i < times; i++)
        {
            operation();
        }
    }
}
