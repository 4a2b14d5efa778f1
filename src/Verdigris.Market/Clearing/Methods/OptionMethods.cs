using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Market.Clearing.Methods;

/// <summary>What the methods of options share: the terms.</summary>
abstract class OptionMethod(string method, Bilingual title, params IReadOnlyList<InputField> fields) : Calculator(method, "1.0", title, [.. Terms, .. fields])
{
    static InputField[] Terms { get; } =
    [
        Number("forward", "Price of the future", "期货价格", above: true), Number("strike", "Exercise price", "行权价", above: true), Number("years", "Time to expiry", "到期时间", "a", max: 100), Number("rate", "Continuous rate a year, 0.02 for 2 %", "连续复利年利率（2 % 写 0.02）", min: -1, max: 1),
    ];

    protected static InputField Volatility => Number("volatility", "Volatility a year, 0.4 for 40 %", "年波动率（40 % 写 0.4）", max: 10);

    protected static InputField Steps(bool optional) => Whole("steps", "Steps of the tree", "二叉树步数", 2, OptionTheory.MostSteps, optional);

    protected static OptionTerms Read(Working w, bool withVolatility = true) => new(w["forward"], w["strike"], w["years"], w["rate"], withVolatility ? w["volatility"] : 0);

    protected static (string, decimal)[] Inputs(OptionTerms t) => [("F", t.Forward), ("K", t.Strike), ("T", t.Years), ("r", t.Rate), ("s", t.Volatility)];
}

/// <summary>Method <c>option.black76</c>: both prices of a European option on a future, with how they change.</summary>
sealed class Black76Method() : OptionMethod("option.black76", new("European option on a future (Black 1976)", "期货欧式期权（Black-76）"), Volatility)
{
    protected override void Work(Working w)
    {
        var terms = Read(w);
        var f = w.Value(OptionTheory.European(terms));
        w.Put("call", w.Step("call", "Price of the call", "看涨期权价格", "exp(-r T) * (F N(d1) - K N(d2)); d1 = (ln(F/K) + s^2 T / 2) / (s sqrt T), d2 = d1 - s sqrt T", null, f.Call, Inputs(terms)));
        w.Put("put", w.Step("put", "Price of the put", "看跌期权价格", "exp(-r T) * (K N(-d2) - F N(-d1))", null, f.Put, Inputs(terms)));
        w.Put("deltaCall", w.Step("delta", "Change of the call by 1 of the future's price", "看涨期权 Delta", "exp(-r T) N(d1)", null, f.DeltaCall));
        w.Put("deltaPut", f.DeltaPut);
        w.Put("gamma", w.Step("gamma", "Change of delta by 1 of the future's price", "Gamma", "exp(-r T) n(d1) / (F s sqrt T)", null, f.Gamma));
        w.Put("vega", w.Step("vega", "Change of the price by 1.00 of volatility", "Vega（波动率变动 1.00）", "F exp(-r T) n(d1) sqrt T", null, f.Vega));
        w.Put("thetaCall", w.Step("theta", "Change of the call by a year less to expiry", "看涨期权 Theta（每年）", "r C - F exp(-r T) n(d1) s / (2 sqrt T)", null, f.ThetaCall));
        w.Put("thetaPut", f.ThetaPut);
        w.Put("rhoCall", w.Step("rho", "Change of the call by 1.00 of the rate", "看涨期权 Rho", "-T C", null, f.RhoCall));
        w.Put("rhoPut", f.RhoPut);
    }
}

/// <summary>Method <c>option.american-crr</c>: both prices of an option that may be exercised on any day, by a binomial tree.</summary>
sealed class AmericanTreeMethod() : OptionMethod("option.american-crr", new("American option on a future (binomial tree)", "期货美式期权（二叉树）"), Volatility, Steps(false))
{
    protected override void Work(Working w)
    {
        var terms = Read(w);
        var f = w.Value(OptionTheory.American(terms, w.Input.Integer("steps")));
        w.Put("call", w.Step("call", "Price of the call", "看涨期权价格", "at each node max(exercise, exp(-r dt) * (p up + (1 - p) down)); u = exp(s sqrt dt), d = 1 / u, p = (1 - d) / (u - d), dt = T / steps", null, f.Call, [.. Inputs(terms), ("steps", w.Input.Integer("steps"))]));
        w.Put("put", w.Step("put", "Price of the put", "看跌期权价格", "as the call", null, f.Put));
        w.Put("deltaCall", f.DeltaCall);
        w.Put("deltaPut", f.DeltaPut);
    }
}

/// <summary>Method <c>option.implied-volatility</c>: the volatility at which the formula or the tree gives a price.</summary>
sealed class ImpliedVolatilityMethod() : OptionMethod("option.implied-volatility", new("Volatility a price implies", "隐含波动率"), Choice("right", "Right", "权利", ["Call", "Put"]), Number("price", "Price of the option", "期权价格"), Choice("style", "Exercise", "行权方式", Enum.GetNames<ExerciseStyle>(), optional: true), Steps(true))
{
    protected override void Work(Working w)
    {
        var terms = Read(w, withVolatility: false);
        var style = w.Input.TextOrNull("style") is { } word ? Enum.Parse<ExerciseStyle>(word) : ExerciseStyle.European;
        var found = w.Value(OptionTheory.ImpliedVolatility(terms, w.Input.Text("right") == "Call", w["price"], style, w.Input.IntegerOrNull("steps") ?? 200));
        w.Put("volatility", w.Step("volatility", "Volatility a year", "年波动率", "s such that price(s) = given, by halving between 0 and 10", null, found, Inputs(terms)));
    }
}
