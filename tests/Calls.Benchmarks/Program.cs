using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Calls.Benchmarks;

// `--gate` measures allocations only and fails when one rose; everything else is BenchmarkDotNet's.
if (args is ["--gate"])
{
    return AllocationGate.Run(Console.Out) ? 0 : 1;
}

IConfig config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
BenchmarkSwitcher.FromAssembly(typeof(AllocationGate).Assembly).Run(args, config);
return 0;
