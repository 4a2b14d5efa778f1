using System.Data.Common;
using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using NodaTime;

namespace Verdigris.Storage;

/// <summary>
/// A room's documents through EF Core. The conventions of the house are applied to every model: the room's own schema, tables named like the class and columns like the
/// property in snake case, <see cref="Instant"/> as <c>timestamptz</c>, <see cref="LocalDate"/> as <c>date</c>, enumerations as text, 128-bit Book ids as <c>uuid</c>,
/// a <c>uint Version</c> property as the row's version (<c>xmin</c>). Nothing is loaded lazily. Get one from <see cref="DbSession.Context{TContext}"/>.
/// </summary>
/// <remarks>A derived class has one public constructor that takes <see cref="DbContextOptions"/> (or <c>DbContextOptions&lt;itself&gt;</c>).</remarks>
public abstract class RoomContext(DbContextOptions options) : DbContext(options)
{
    /// <summary>The room's name, which is its schema's: <c>passport</c>.</summary>
    public abstract string Room { get; }

    /// <summary>The unit of work this context belongs to.</summary>
    internal DbSession? Session { get; set; }

    protected override void ConfigureConventions(ModelConfigurationBuilder builder)
    {
        builder.Properties<Instant>().HaveConversion<InstantToDateTime>().HaveColumnType("timestamp with time zone");
        builder.Properties<LocalDate>().HaveConversion<LocalDateToDateOnly>().HaveColumnType("date");
        builder.Properties<LocalTime>().HaveConversion<LocalTimeToTimeOnly>().HaveColumnType("time without time zone");
        builder.Properties<UInt128>().HaveConversion<BookIdToGuid>().HaveColumnType("uuid");
        builder.Properties<decimal>().HaveColumnType("numeric");
        builder.Properties<Enum>().HaveConversion<string>();
        builder.Conventions.Add(_ => new HouseConvention(Room));
    }

    sealed class InstantToDateTime() : ValueConverter<Instant, DateTime>(i => i.ToMicroseconds().ToDateTimeUtc(), d => Instant.FromDateTimeUtc(d));

    sealed class LocalDateToDateOnly() : ValueConverter<LocalDate, DateOnly>(d => d.ToDateOnly(), d => LocalDate.FromDateOnly(d));

    sealed class LocalTimeToTimeOnly() : ValueConverter<LocalTime, TimeOnly>(t => t.ToTimeOnly(), t => LocalTime.FromTimeOnly(t));

    sealed class BookIdToGuid() : ValueConverter<UInt128, Guid>(i => BookId.ToGuid(i), g => BookId.From(g));
}

/// <summary>Makes contexts without reflection on the hot path: the options of a context type are built once, the connection is set afterwards.</summary>
static class ContextFactory<TContext> where TContext : RoomContext
{
    static readonly DbContextOptions<TContext> Options = new DbContextOptionsBuilder<TContext>()
        .UseNpgsql(o => o.UseQuerySplittingBehavior(QuerySplittingBehavior.SingleQuery).MaxBatchSize(500))
        .AddInterceptors(new SessionConnection(), new SessionFailures())
        .Options;

    static readonly Func<DbContextOptions<TContext>, TContext> Make = Compile();

    public static TContext Create() => Make(Options);

    static Func<DbContextOptions<TContext>, TContext> Compile()
    {
        var constructor = typeof(TContext).GetConstructors().SingleOrDefault(c => c.GetParameters() is [var only] && only.ParameterType.IsAssignableFrom(typeof(DbContextOptions<TContext>)))
            ?? throw new InvalidOperationException($"{typeof(TContext).Name} needs one public constructor that takes DbContextOptions.");
        var options = Expression.Parameter(typeof(DbContextOptions<TContext>));
        return Expression.Lambda<Func<DbContextOptions<TContext>, TContext>>(Expression.New(constructor, options), options).Compile();
    }
}

/// <summary>
/// The connection belongs to the session: where EF Core would open it, the session does (and says who acts); where EF Core would close it, it stays open until the session ends.
/// </summary>
sealed class SessionConnection : DbConnectionInterceptor
{
    public override async ValueTask<InterceptionResult> ConnectionOpeningAsync(DbConnection connection, ConnectionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
    {
        if (eventData.Context is not RoomContext { Session: { } session }) return result;
        await session.Connection(cancellationToken);
        return InterceptionResult.Suppress();
    }

    public override InterceptionResult ConnectionOpening(DbConnection connection, ConnectionEventData eventData, InterceptionResult result)
    {
        if (eventData.Context is not RoomContext { Session: { } session }) return result;
        session.Connection().GetAwaiter().GetResult();
        return InterceptionResult.Suppress();
    }

    public override InterceptionResult ConnectionClosing(DbConnection connection, ConnectionEventData eventData, InterceptionResult result) =>
        eventData.Context is RoomContext { Session: not null } ? InterceptionResult.Suppress() : result;

    public override ValueTask<InterceptionResult> ConnectionClosingAsync(DbConnection connection, ConnectionEventData eventData, InterceptionResult result) =>
        new(ConnectionClosing(connection, eventData, result));
}

/// <summary>Tells the session that a statement failed (<see cref="DbSession.Statements"/>).</summary>
sealed class SessionFailures : DbCommandInterceptor
{
    public override void CommandFailed(DbCommand command, CommandErrorEventData eventData) => (eventData.Context as RoomContext)?.Session?.StatementFailed();

    public override Task CommandFailedAsync(DbCommand command, CommandErrorEventData eventData, CancellationToken cancellationToken = default)
    {
        CommandFailed(command, eventData);
        return Task.CompletedTask;
    }
}
